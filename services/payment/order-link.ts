import type { Tx } from "../../lib/db/index.ts";
import { defineQueue } from "../../lib/jobs/index.ts";
import { returnStrayMoney } from "./late-money.ts";
import type { Changed } from "./pay-back.ts";
import type { PaymentDeps } from "./service.ts";
import { findPayment } from "./store-payment.ts";

/** Tells Order that a payment changed, until Order has answered. */
export const paymentChanged = defineQueue<{ orderId: string; paymentId?: string }>("payment.changed", {
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
  deps: Pick<PaymentDeps, "db" | "jobs" | "cards" | "clock" | "orders" | "log">,
  change: (tx: Tx) => Promise<Changed | undefined>,
): Promise<boolean> {
  const { db, jobs, log } = deps;
  const told = await db.transaction(async (tx) => {
    const payment = await change(tx);
    if (payment === undefined) return undefined;
    const data = { orderId: payment.orderId, paymentId: payment.id };
    await jobs.enqueue(tx, paymentChanged, data, { startAfter: headStart });
    return data;
  });
  if (told === undefined) return false;
  try {
    await tellOrder(deps, told);
  } catch (err) {
    log.warn({ err, order_id: told.orderId }, "order not told of its payment yet; a job will");
  }
  return true;
}

/**
 * Has Order act on its payment, and gives back money of an earlier attempt, which Order no longer looks at: the buyer
 * has chosen another since. May be repeated.
 */
export async function tellOrder(
  deps: Pick<PaymentDeps, "db" | "cards" | "clock" | "orders">,
  { orderId, paymentId }: { orderId: string; paymentId?: string },
): Promise<void> {
  const order = await deps.orders.settlePayment({ orderId });
  if (paymentId === undefined || order.payment === undefined || order.payment.id === paymentId) return;
  const payment = await findPayment(deps.db, paymentId);
  if (payment?.state === "CAPTURED") await returnStrayMoney(deps, paymentId);
}
