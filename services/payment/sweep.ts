import { getExisting } from "./card-payment.ts";
import { changeAndTell } from "./order-link.ts";
import { payBack } from "./pay-back.ts";
import type { PaymentDeps } from "./service.ts";
import { findPendingRefunds } from "./store-refund.ts";

/** How many refunds one sweep visits at most. */
const sweepLimit = 50;
/** A refund that is pending for so long has lost its caller; longer than any call may take. */
const abandonedMs = 60_000;

/** Goes on with refunds whose process died or whose provider did not answer. Returns how many it visited. */
export async function sweepRefunds(
  deps: Pick<PaymentDeps, "db" | "clock" | "cards" | "log" | "jobs" | "orders">,
): Promise<number> {
  const { db, clock, log } = deps;
  const before = new Date(clock().getTime() - abandonedMs);
  const pending = await findPendingRefunds(db, { before, limit: sweepLimit });
  for (const refund of pending) {
    try {
      const payment = await getExisting(db, refund.paymentId);
      await payBack(deps, { payment, refund }, (work) => changeAndTell(deps, work));
    } catch (err) {
      log.warn({ err, refund_id: refund.id }, "refund not done yet; the next sweep tries again");
    }
  }
  return pending.length;
}
