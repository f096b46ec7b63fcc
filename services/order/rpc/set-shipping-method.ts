import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { getExisting, getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { chooseShipping } from "../store-change.ts";

/** Chooses one of the order's shipping methods. Safe to retry. */
export function setShippingMethod({
  db,
}: OrderDeps): MethodImpl<typeof OrderService.method.setShippingMethod> {
  return async ({ orderId, shippingMethodId }, ctx) => {
    const order = await getOwned(db, ctx, orderId);
    const method = order.shippingMethods.find((offered) => offered.id === shippingMethodId);
    if (method === undefined) {
      throw fail("SHIPPING_METHOD_NOT_FOUND", { order_id: orderId, shipping_method_id: shippingMethodId });
    }
    if (order.shippingMethodId === shippingMethodId) return toOrderMessage(order);
    const changed = await chooseShipping(db, { order, methodId: method.id, price: method.price });
    if (changed !== undefined) return toOrderMessage(changed);
    const { state, paymentId } = await getExisting(db, orderId);
    if (state !== "PENDING_PAYMENT") throw fail("ORDER_NOT_PENDING", { order_id: orderId, state });
    throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: paymentId ?? "" });
  };
}
