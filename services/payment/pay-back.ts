import type { Tx } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { CardProcessor, CardRefund } from "./card-processor.ts";
import { isOwnTransfer, type Payment, type Refund, repeatableMs } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { lockPayment } from "./store-payment.ts";
import { completeRefund, failRefund } from "./store-refund.ts";

/** A payment that changed. */
export type Changed = Pick<Payment, "id" | "orderId">;

/**
 * Has the provider do a recorded refund, and records that it is done. May be
 * repeated: the provider knows the refund by its id. One that the provider
 * refuses is taken off the payment again. `finish` runs the transaction that
 * records the end; what its work returns is the payment if all of it went back.
 *
 * @throws REFUND_REFUSED, PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function payBack(
  { db, cards, clock }: Pick<PaymentDeps, "db" | "cards" | "clock">,
  { payment, refund }: { payment: Payment; refund: Refund },
  finish: (work: (tx: Tx) => Promise<Changed | undefined>) => Promise<unknown> = (work) =>
    db.transaction(work),
): Promise<void> {
  let providerId: string | null = null;
  if (!isOwnTransfer(payment)) {
    try {
      const tooOld = clock().getTime() - refund.createTime.getTime() > repeatableMs;
      const unused = await returnUnused(cards, { payment, refund, tooOld });
      providerId = (await returnCaptured(cards, { payment, refund, tooOld })) ?? unused ?? null;
    } catch (err) {
      if (reasonOf(err) === "REFUND_REFUSED") await failRefund(db, refund.id);
      throw err;
    }
  }
  await finish(async (tx) => {
    // The lock makes the last of several refunds see that the others are done.
    await lockPayment(tx, payment.id);
    return completeRefund(tx, { id: refund.id, providerId });
  });
}

/** What of a refund is known to the provider, and may have been asked for so long ago that it forgot our key. */
interface Asked {
  payment: Payment;
  refund: Refund;
  tooOld: boolean;
}

async function returnCaptured(
  cards: CardProcessor,
  { payment, refund, tooOld }: Asked,
): Promise<string | undefined> {
  const { currencyCode, providerId, viaProvider, email } = payment;
  const amount = refund.amount - refund.fromUnused;
  if (amount === 0n) return undefined;
  if (providerId === null) throw new Error(`captured payment ${payment.id} has no provider id`);
  const asked = { refundId: refund.id, providerId, currencyCode, amount, ...(viaProvider && { email }) };
  return (tooOld ? await findDone(cards, asked) : undefined) ?? cards.refund(asked);
}

async function returnUnused(
  cards: CardProcessor,
  { payment, refund, tooOld }: Asked,
): Promise<string | undefined> {
  const { currencyCode, email, payerId: payer } = payment;
  const { id: refundId, fromUnused: amount, createTime: since } = refund;
  if (amount === 0n) return undefined;
  if (payer === null) throw new Error(`payment ${payment.id} has no payer`);
  const done = tooOld ? await cards.findReturn({ refundId, since }) : undefined;
  return done ?? cards.returnUnused({ refundId, since, payer, currencyCode, amount, email });
}

/** What became of a refund that the provider may no longer know by our key. */
async function findDone(cards: CardProcessor, refund: CardRefund): Promise<string | undefined> {
  const theirs = await cards.refundsOf(refund);
  const done = theirs.find(({ refundId, state }) => refundId === refund.refundId && state !== "FAILED");
  return done?.providerId;
}
