import type { Tx } from "../../lib/db/index.ts";
import { defineQueue } from "../../lib/jobs/index.ts";
import type { Payment } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";

/** Tells Order that a payment changed, until Order has answered. */
export const paymentChanged = defineQueue<{ orderId: string }>("payment.changed", {
  retryLimit: 100,
  retryBackoff: true,
  retryDelay: 2,
  retryDelayMax: 300,
});

/** Seconds that the job leaves to the direct call before it calls itself. */
const headStart = 5;

/**
 * Runs a change of a payment and tells Order of it: at once, and by a job
 * enqueued in the change's transaction in case this process dies in between.
 * Returns whether there was a change.
 */
export async function changeAndTell(
  { db, jobs, orders, log }: Pick<PaymentDeps, "db" | "jobs" | "orders" | "log">,
  change: (tx: Tx) => Promise<Payment | undefined>,
): Promise<boolean> {
  const payment = await db.transaction(async (tx) => {
    const changed = await change(tx);
    if (changed !== undefined) {
      await jobs.enqueue(tx, paymentChanged, { orderId: changed.orderId }, { startAfter: headStart });
    }
    return changed;
  });
  if (payment === undefined) return false;
  try {
    await orders.settlePayment({ orderId: payment.orderId });
  } catch (err) {
    log.warn({ err, order_id: payment.orderId }, "order not told of its payment yet; a job will");
  }
  return true;
}
