import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { CartOrchestratorService } from "../../../gen/rowlock/legacy/cart_orchestrator/v1/cart_orchestrator_pb.js";
import type { Order } from "../../../gen/rowlock/order/v1/order_pb.js";
import { findOpenCart } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { guestOf } from "../../guest.ts";
import { findLatestOrder, orderByTransfer, payByTransfer } from "../../order.ts";
import { failLegacy } from "../../reasons.ts";
import { paymentMethodOf } from "../payment-method.ts";

/** The cart's order and its payment; without an open cart, those of the call before, which ordered it. */
export function placeOrder(deps: FacadeDeps): MethodImpl<typeof CartOrchestratorService.method.placeOrder> {
  return async ({ id }, ctx) => {
    const order = await orderOf(deps, ctx, id);
    return {
      cartId: id,
      paymentMethod: order.payment?.method ?? "",
      paymentId: order.payment?.id ?? "",
      orderId: order.id,
    };
  };
}

async function orderOf(deps: FacadeDeps, ctx: HandlerContext, id: string): Promise<Order> {
  const guest = guestOf(deps, id);
  const cart = await findOpenCart(deps, ctx, guest);
  if (cart !== undefined) return orderByTransfer(deps, ctx, { cartId: cart.id, bank: paymentMethodOf(cart) });
  const order = await findLatestOrder(deps, ctx, guest);
  if (order === undefined) throw failLegacy("CART_NOT_FOUND", { cart_id: id });
  // The call before may have ended in between.
  return payByTransfer(deps, ctx, { order, bank: paymentMethodOf(order) });
}
