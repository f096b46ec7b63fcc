import { isUniqueViolation } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { getExisting } from "./card-payment.ts";
import { type CardIntent, returnedOf } from "./card-processor.ts";
import { returnStrayMoney } from "./late-money.ts";
import { changeAndTell } from "./order-link.ts";
import { type Payment, refundable } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { applyOutcome, lockPayment, setProviderId } from "./store-payment.ts";
import { adoptRefund, completeRefund, failRefund, listRefunds } from "./store-refund.ts";
import { syncTransfer } from "./sync-transfer.ts";

/** What bringing a payment in line stands on. */
export type SyncDeps = Pick<PaymentDeps, "db" | "jobs" | "cards" | "clock" | "orders" | "log">;

/**
 * Brings a payment in line with its provider's present view, and tells Order if that changed it. Repeating it
 * changes nothing. Money that was reserved for a payment that has ended is freed; money that was taken for one makes
 * it CAPTURED, so that Order decides, unless the order has another live payment: then it goes back.
 *
 * @throws REFUND_REFUSED, PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function syncWithIntent(deps: SyncDeps, payment: Payment, intent: CardIntent): Promise<void> {
  if (payment.viaProvider) return syncTransferWith(deps, payment, intent);
  const { db, cards } = deps;
  const { id } = payment;
  const { outcome } = intent;
  const ended = payment.state === "FAILED" || payment.state === "CANCELED";
  const reserved = outcome.state === "AUTHORIZED" || outcome.state === "REQUIRES_ACTION";
  if (ended && reserved) {
    await cards.cancel({ providerId: outcome.providerId });
  } else if (outcome.state !== payment.state || payment.providerId === null) {
    try {
      await changeAndTell(deps, (tx) => applyOutcome(tx, { id, outcome }));
    } catch (err) {
      if (!isUniqueViolation(err, "payment_live_key")) throw err;
      await setProviderId(db, { id, providerId: outcome.providerId });
      await returnStrayMoney(deps, id);
    }
  }
  await syncRefunds(deps, await getExisting(db, id), intent);
}

async function syncTransferWith(deps: SyncDeps, payment: Payment, intent: CardIntent): Promise<void> {
  await syncTransfer(deps, { payment, intent });
  await syncRefunds(deps, await getExisting(deps.db, payment.id), intent);
}

/** Takes over what became of refunds at the provider, and those that were made there. */
async function syncRefunds(deps: SyncDeps, payment: Payment, intent: CardIntent): Promise<void> {
  if (intent.captured === 0n || payment.providerId === null) return;
  const known = await listRefunds(deps.db, [payment.id]);
  const settled = known.every((refund) => refund.state === "COMPLETED");
  if (settled && returnedOf(intent) === payment.refunded) return;
  const { providerId, currencyCode } = payment;
  for (const theirs of await deps.cards.refundsOf({ providerId, currencyCode })) {
    const ours = known.find(
      (refund) => refund.providerId === theirs.providerId || refund.id === theirs.refundId,
    );
    const change = { id: ours?.id ?? newId("ref"), providerId: theirs.providerId };
    if (theirs.state === "FAILED") {
      if (ours !== undefined) {
        await failRefund(deps.db, ours.id);
        deps.log.error({ payment_id: payment.id, refund_id: ours.id }, "a refund has failed: refund again");
      }
    } else if (theirs.state === "COMPLETED" && ours?.state !== "COMPLETED") {
      await changeAndTell(deps, async (tx) => {
        const locked = await lockPayment(tx, payment.id);
        if (ours === undefined) {
          // Another process may have taken it over, or our own call be about to record it.
          const now = await listRefunds(tx, [payment.id]);
          const left = locked === undefined ? 0n : refundable(locked);
          const same = now.some(
            ({ id, providerId: their }) => id === theirs.refundId || their === theirs.providerId,
          );
          if (same || theirs.amount > left) return undefined;
          const reason = "refunded at the provider";
          await adoptRefund(tx, { ...change, paymentId: payment.id, amount: theirs.amount, reason });
        }
        return completeRefund(tx, change);
      });
    }
  }
}
