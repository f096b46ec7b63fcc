import type { MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { toCart } from "../cart.ts";
import { findGuest } from "../session.ts";

/** Returns the client's cart; an empty one when it has none. */
export function getCart(deps: FacadeDeps): MethodImpl<typeof MicroServicesService.method.getCart> {
  return async (_request, ctx) => {
    const guest = findGuest(deps, ctx);
    return toCart(guest && (await findOpenCart(deps, ctx, guest)));
  };
}
