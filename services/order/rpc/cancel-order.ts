import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { getExisting, getOwned } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { undoQueue } from "../jobs.ts";
import type { Order } from "../order.ts";
import { fail } from "../reasons.ts";
import type { OrderDeps } from "../service.ts";
import { markCanceled } from "../store-change.ts";
import { undoNow } from "../undo.ts";

/** Cancels an order that has not been handed to a carrier. Safe to retry. */
export function cancelOrder(deps: OrderDeps): MethodImpl<typeof OrderService.method.cancelOrder> {
  const { db, jobs } = deps;
  return async ({ orderId, reason }, ctx) => {
    await getOwned(db, ctx, orderId);
    const canceled = await db.transaction(async (tx) => {
      const order = await markCanceled(tx, { orderId, reason });
      if (order !== undefined) await jobs.enqueue(tx, undoQueue, { orderId });
      return order;
    });
    if (canceled === undefined) return toOrderMessage(alreadyCanceled(await getExisting(db, orderId)));
    return toOrderMessage(await undoNow(deps, canceled));
  };
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
