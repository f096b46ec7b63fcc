import type { MethodImpl } from "@connectrpc/connect";
import type { CartOrchestratorService } from "../../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { orderCurrentCart } from "../../order.ts";
import { failLegacy } from "../../reasons.ts";

/** The cart's order and its payment: those of the call before when the cart was ordered by it. */
export function placeOrder(deps: FacadeDeps): MethodImpl<typeof CartOrchestratorService.method.placeOrder> {
  return async ({ id }, ctx) => {
    const order = await orderCurrentCart(deps, ctx, { guest: guestOf(deps, id) });
    if (order === undefined) throw failLegacy("CART_NOT_FOUND", { cart_id: id });
    return {
      cartId: id,
      paymentMethod: order.payment?.method ?? "",
      paymentId: order.payment?.id ?? "",
      orderId: order.id,
    };
  };
}
