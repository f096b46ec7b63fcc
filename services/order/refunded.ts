/** Money of a paid order that goes back although nobody canceled the order: staff or the provider refund it. */
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { getExisting } from "./access.ts";
import { tellQueue, undoQueue } from "./jobs.ts";
import { hasEnded, type Order } from "./order.ts";
import { snapshotOf } from "./payment-snapshot.ts";
import type { OrderDeps } from "./service.ts";
import { markRefunded, recordPayment } from "./store-change.ts";
import { noteOnce } from "./store-event.ts";
import { undoNow } from "./undo.ts";

const reason = "the payment was refunded";

/**
 * Brings a paid order in line with its payment. All of the money is back: the
 * order is canceled, unless its label is bought or being bought. A part: the
 * timeline says so, and the customer is told.
 */
export async function settlePaid(
  deps: OrderDeps,
  { order, payment }: { order: Order; payment: Payment },
): Promise<Order> {
  const { db, jobs } = deps;
  const orderId = order.id;
  const paymentId = payment.id;
  if (payment.state === Payment_State.CAPTURED) {
    const done = payment.refunds.filter(({ completed }) => completed);
    const refunded = done.reduce((sum, { amount }) => sum + (amount?.amount ?? 0n), 0n);
    const data = { payment_id: paymentId, refunded: String(refunded) };
    if (refunded === 0n) return order;
    await db.transaction(async (tx) => {
      if (!(await noteOnce(tx, { orderId, kind: "partly_refunded", data }))) return;
      const refundIds = done.map(({ id }) => id);
      await jobs.enqueue(tx, tellQueue, { orderId, news: "REFUNDED", paymentId, refundIds });
    });
    return order;
  }
  if (payment.state !== Payment_State.REFUNDED || order.paymentState !== "CAPTURED") return order;
  const changed = await db.transaction(async (tx) => {
    const back = { state: "REFUNDED", snapshot: snapshotOf(payment), event: "refunded" } as const;
    const refunded = await recordPayment(tx, { orderId, paymentId, ...back });
    if (refunded === undefined) return undefined;
    await jobs.enqueue(tx, undoQueue, { orderId, paymentId });
    return (await markRefunded(tx, { orderId, reason })) ?? refunded;
  });
  if (changed === undefined) return getExisting(db, orderId);
  return hasEnded(changed) ? undoNow(deps, changed) : changed;
}

/** Cancels an order that was refunded while its label was being bought, which then came to nothing. */
export async function cancelRefunded(deps: OrderDeps, orderId: string): Promise<void> {
  const { db, jobs } = deps;
  await db.transaction(async (tx) => {
    const canceled = await markRefunded(tx, { orderId, reason });
    if (canceled === undefined) return;
    const { paymentId } = canceled;
    await jobs.enqueue(tx, undoQueue, paymentId === null ? { orderId } : { orderId, paymentId });
  });
}
