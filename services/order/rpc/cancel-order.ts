import type { MethodImpl } from "@connectrpc/connect";
import { type CancelOrderRequest, OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { getExisting, getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { undoQueue } from "../jobs.ts";
import type { Order } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { markCanceled } from "../store-change.ts";
import { undoNow } from "../undo.ts";

const method = OrderService.method.cancelOrder;

/** Cancels an order that has not been handed to a carrier. Safe to retry. */
export function cancelOrder(deps: OrderDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return async (request, ctx) => {
    await getOwned(db, ctx, request.orderId);
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => toOrderMessage(await cancel(deps, request)));
  };
}

async function cancel(deps: OrderDeps, { orderId, reason }: CancelOrderRequest): Promise<Order> {
  const { db, jobs } = deps;
  const canceled = await db.transaction(async (tx) => {
    const order = await markCanceled(tx, { orderId, reason });
    if (order !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
    return order;
  });
  return canceled === undefined ? alreadyCanceled(await getExisting(db, orderId)) : undoNow(deps, canceled);
}

function alreadyCanceled(order: Order): Order {
  if (order.state === "CANCELED") return order;
  const { id, state, paymentId, fulfilling } = order;
  // A payment in the works, or one that has just come to its end.
  if (state === "PENDING_PAYMENT" || (state === "PAID" && !fulfilling)) {
    throw fail("PAYMENT_IN_PROGRESS", { order_id: id, payment_id: paymentId ?? "" });
  }
  throw fail("ORDER_NOT_CANCELABLE", { order_id: id, state });
}
