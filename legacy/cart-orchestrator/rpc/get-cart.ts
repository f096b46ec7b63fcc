import type { MethodImpl } from "@connectrpc/connect";
import type { CartOrchestratorService } from "../../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { failLegacy } from "../../reasons.ts";
import { showCart } from "../show-cart.ts";

/** The open cart that the client knows by this id. */
export function getCart(deps: FacadeDeps): MethodImpl<typeof CartOrchestratorService.method.getCart> {
  return async ({ cartId }, ctx) => {
    const cart = await findOpenCart(deps, ctx, guestOf(deps, cartId));
    if (cart === undefined) throw failLegacy("CART_NOT_FOUND", { cart_id: cartId });
    return showCart(deps, ctx, { id: cartId, cart });
  };
}
