import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { toCart } from "../cart.ts";
import { findGuest } from "../session.ts";

/** Empties the client's cart, if it has one. Repeating it changes nothing. */
export function clearCart(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.clearCart> {
  return async ({ requestId }, ctx) => {
    const guest = findGuest(deps, ctx);
    const cart = guest && (await findOpenCart(deps, ctx, guest));
    if (guest === undefined || cart === undefined) return toCart(undefined);
    return toCart(await deps.carts.clearCart({ cartId: cart.id, requestId }, inNameOf(ctx, guest)));
  };
}
