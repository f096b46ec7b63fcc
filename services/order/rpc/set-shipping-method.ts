import type { MethodImpl } from "@connectrpc/connect";
import {
  type Order as OrderMessage,
  OrderService,
  type SetShippingMethodRequest,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { callerKey, once } from "../../../lib/idempotency/idempotency.ts";
import { getExisting, getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import type { Order } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { chooseShipping } from "../store-change.ts";

const method = OrderService.method.setShippingMethod;

/** Chooses one of the order's shipping methods. Safe to retry. */
export function setShippingMethod({ db }: OrderDeps): MethodImpl<typeof method> {
  return async (request, ctx) => {
    const order = await getOwned(db, ctx, request.orderId);
    if (request.requestId === "") return choose(db, { order, request });
    const call = { method, caller: callerKey(ctx), key: request.requestId, request };
    return db.transaction((tx) => once(tx, call, () => choose(tx, { order, request })));
  };
}

async function choose(
  db: Queryable,
  { order, request }: { order: Order; request: SetShippingMethodRequest },
): Promise<OrderMessage> {
  const { orderId, shippingMethodId } = request;
  const chosen = order.shippingMethods.find((offered) => offered.id === shippingMethodId);
  if (chosen === undefined) {
    throw fail("SHIPPING_METHOD_NOT_FOUND", { order_id: orderId, shipping_method_id: shippingMethodId });
  }
  if (order.shippingMethodId === shippingMethodId) return toOrderMessage(order);
  const changed = await chooseShipping(db, { order, methodId: chosen.id, price: chosen.price });
  if (changed !== undefined) return toOrderMessage(changed);
  const { state, paymentId } = await getExisting(db, orderId);
  if (state !== "PENDING_PAYMENT") throw fail("ORDER_NOT_PENDING", { order_id: orderId, state });
  throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: paymentId ?? "" });
}
