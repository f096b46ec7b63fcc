/** Transfers that the provider takes: asked for, followed, given up. */
import { isUniqueViolation, type Tx } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { getExisting } from "./card-payment.ts";
import type { CardIntent } from "./card-processor.ts";
import { returnStrayMoney } from "./late-money.ts";
import { changeAndTell } from "./order-link.ts";
import { type Changed, payBack } from "./pay-back.ts";
import { type Payment, type Refund, refundable } from "./payment.ts";
import { applyOutcome, lockPayment, setProviderId } from "./store-payment.ts";
import { insertRefund } from "./store-refund.ts";
import { noteReceived } from "./store-transfer.ts";
import type { SyncDeps } from "./sync-intent.ts";

/** Runs a change of a payment; what its work returns has changed. */
type Finish = (work: (tx: Tx) => Promise<Changed | undefined>) => Promise<unknown>;

/**
 * Brings a transfer in line with its provider's present view: what has come of it, and whether that pays it. What comes
 * for one that was given up, or of which all has gone back, goes back, too; money that the provider has used for it all
 * the same makes it CAPTURED, so that Order decides, unless the order has another live payment: then it goes back.
 * Repeating it changes nothing. `finish` runs the changes; by default Order is told of them.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function syncTransfer(
  deps: SyncDeps,
  { payment, intent }: { payment: Payment; intent: CardIntent },
  finish: Finish = (work) => changeAndTell(deps, work),
): Promise<void> {
  const { db } = deps;
  const { id } = payment;
  const seen = isGivenUp(payment) ? await giveUp(deps, intent) : intent;
  let back: Refund | undefined;
  try {
    await finish(async (tx) => {
      const taken = await takeOver(tx, { id, intent: seen });
      back = taken.back;
      return taken.changed;
    });
  } catch (err) {
    if (!isUniqueViolation(err, "payment_live_key")) throw err;
    await setProviderId(db, { id, providerId: seen.outcome.providerId });
    await returnStrayMoney(deps, id);
  }
  if (back !== undefined) await sendBack(deps, back, finish);
}

/**
 * Has the provider no longer wait for a transfer; what had come of it goes back. Money that was quicker makes it
 * CAPTURED. Order, who asks for this, is not told. Returns the payment as it then stands.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function cancelTransfer(deps: SyncDeps, payment: Payment): Promise<Payment> {
  const { providerId } = payment;
  if (providerId === null) return payment;
  await deps.cards.cancel({ providerId });
  return lookAtTransfer(deps, payment);
}

/** Asks the provider how a transfer stands. Order, who asks for this, is not told. Returns the payment as it then stands. */
export async function lookAtTransfer(deps: SyncDeps, payment: Payment): Promise<Payment> {
  const { id, providerId } = payment;
  const intent = providerId === null ? undefined : await deps.cards.inspect(providerId);
  if (intent !== undefined) {
    await syncTransfer(deps, { payment, intent }, (work) => deps.db.transaction(work));
  }
  return getExisting(deps.db, id);
}

function isGivenUp({ state }: Payment): boolean {
  return state === "FAILED" || state === "CANCELED";
}

/** The provider may still wait for what the shop has given up. */
async function giveUp({ cards }: SyncDeps, intent: CardIntent): Promise<CardIntent> {
  const { providerId, state } = intent.outcome;
  if (state !== "AWAITING_TRANSFER") return intent;
  await cards.cancel({ providerId });
  return (await cards.inspect(providerId)) ?? intent;
}

/** Records what a look has seen; and the refund of what has to go back. */
async function takeOver(
  tx: Tx,
  { id, intent }: { id: string; intent: CardIntent },
): Promise<{ changed: Payment | undefined; back: Refund | undefined }> {
  const { outcome, transfer } = intent;
  const before = await lockPayment(tx, id);
  if (before === undefined) throw new Error(`payment ${id} is gone`);
  const moved = await applyOutcome(tx, { id, outcome });
  if (transfer !== undefined) await noteReceived(tx, { id, received: transfer.received });
  const payment = await getExisting(tx, id);
  const more = payment.received > before.received;
  // Canceled at the provider: its money is the payer's again, and so is what comes late.
  const unused = outcome.state === "CANCELED" && (isGivenUp(payment) || payment.state === "REFUNDED");
  const isAllBack = before.received > 0n && before.refunded === before.received;
  const late = more && isAllBack && (before.state === "CAPTURED" || before.state === "REFUNDED");
  const amount = unused || late ? refundable(payment) : 0n;
  const back =
    amount === 0n
      ? undefined
      : await insertRefund(tx, {
          ...{ id: newId("ref"), paymentId: id, requestId: null, requestFingerprint: new Uint8Array() },
          ...{ amount, fromUnused: amount, reason: "it came for a payment that has ended" },
        });
  return { changed: moved ?? (more || back !== undefined ? payment : undefined), back };
}

/** What fails here is done by the sweep. */
async function sendBack(deps: SyncDeps, refund: Refund, finish: Finish): Promise<void> {
  const { db, log } = deps;
  try {
    await payBack(deps, { payment: await getExisting(db, refund.paymentId), refund }, finish);
  } catch (err) {
    const { id, paymentId } = refund;
    log.warn({ err, payment_id: paymentId, refund_id: id }, "a transfer was not given back yet");
  }
}
