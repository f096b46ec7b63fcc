import type { Tx } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { CardProcessor, CardRefund } from "./card-processor.ts";
import { cardMethod, type Payment, type Refund, repeatableMs } from "./payment.ts";
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
  if (payment.method === cardMethod) {
    if (payment.providerId === null) throw new Error(`captured payment ${payment.id} has no provider id`);
    try {
      const { currencyCode } = payment;
      const asked = {
        refundId: refund.id,
        providerId: payment.providerId,
        currencyCode,
        amount: refund.amount,
      };
      const tooOld = clock().getTime() - refund.createTime.getTime() > repeatableMs;
      providerId = (tooOld ? await findDone(cards, asked) : undefined) ?? (await cards.refund(asked));
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

/** What became of a refund that the provider may no longer know by our key. */
async function findDone(cards: CardProcessor, refund: CardRefund): Promise<string | undefined> {
  const theirs = await cards.refundsOf(refund);
  const done = theirs.find(({ refundId, state }) => refundId === refund.refundId && state !== "FAILED");
  return done?.providerId;
}
