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
  const payment = await deps.db.transaction(async (tx) => {
    const changed = await change(tx);
    if (changed !== undefined) await willTell(deps, tx, changed);
    return changed;
  });
  if (payment === undefined) return false;
  await tellAtOnce(deps, payment);
  return true;
}

/** Makes sure that Order is told of a change that this transaction makes; to be followed by {@link tellAtOnce}. */
export async function willTell(
  { jobs }: Pick<PaymentDeps, "jobs">,
  tx: Tx,
  { id: paymentId, orderId }: Changed,
): Promise<void> {
  await jobs.enqueue(tx, paymentChanged, { orderId, paymentId }, { startAfter: headStart });
}

/** Tells Order of a change, or leaves it to the job. */
export async function tellAtOnce(
  deps: Pick<PaymentDeps, "db" | "cards" | "clock" | "orders" | "log">,
  { id: paymentId, orderId }: Changed,
): Promise<void> {
  try {
    await tellOrder(deps, { orderId, paymentId });
  } catch (err) {
    deps.log.warn({ err, order_id: orderId }, "order not told of its payment yet; a job will");
  }
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
