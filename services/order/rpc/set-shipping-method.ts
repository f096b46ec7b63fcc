import type { CallOptions, MethodImpl } from "@connectrpc/connect";
import {
  type Order as OrderMessage,
  OrderService,
  type SetShippingMethodRequest,
} from "../../../gen/rowlock/order/v1/order_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting, getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { discountShipping } from "../discounts.ts";
import type { Order } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { chooseShipping, type ShippingChoice } from "../store-change.ts";
import { taxShipping } from "../taxes.ts";
import { totalsOf } from "../totals.ts";

const method = OrderService.method.setShippingMethod;

/** Chooses one of the order's shipping methods. Safe to retry. */
export function setShippingMethod(deps: OrderDeps): MethodImpl<typeof method> {
  const { db } = deps;
  return async (request, ctx) => {
    const order = await getOwned(db, ctx, request.orderId);
    const choice = await priceChoice(deps, { order, request }, outgoing(ctx));
    if (request.requestId === "") return choose(db, { order, choice });
    const call = keyedCall(method, request, ctx);
    return db.transaction((tx) => once(tx, call, () => choose(tx, { order, choice })));
  };
}

/** What the order comes to with the method; nothing when it is chosen already. What is asked of others does not change. */
async function priceChoice(
  deps: OrderDeps,
  { order, request }: { order: Order; request: SetShippingMethodRequest },
  call: CallOptions,
): Promise<ShippingChoice | undefined> {
  const { orderId, shippingMethodId } = request;
  const chosen = order.shippingMethods.find((offered) => offered.id === shippingMethodId);
  if (chosen === undefined) {
    throw fail("SHIPPING_METHOD_NOT_FOUND", { order_id: orderId, shipping_method_id: shippingMethodId });
  }
  if (order.shippingMethodId === shippingMethodId) return undefined;
  const { price: total } = chosen;
  const discounts = await discountShipping(deps, { order, price: total }, call);
  const taxes = await taxShipping(deps, { ...order, shipping: { total, discounts } }, call);
  const shipping = { total, discounts, taxes };
  return { methodId: chosen.id, discounts, taxes, totals: totalsOf({ lines: order.lines, shipping }) };
}

async function choose(
  db: Queryable,
  { order, choice }: { order: Order; choice: ShippingChoice | undefined },
): Promise<OrderMessage> {
  if (choice === undefined) return toOrderMessage(order);
  const changed = await chooseShipping(db, { order, choice });
  if (changed !== undefined) return toOrderMessage(changed);
  const orderId = order.id;
  const { state, paymentId } = await getExisting(db, orderId);
  if (state !== "PENDING_PAYMENT") throw fail("ORDER_NOT_PENDING", { order_id: orderId, state });
  throw fail("PAYMENT_IN_PROGRESS", { order_id: orderId, payment_id: paymentId ?? "" });
}
