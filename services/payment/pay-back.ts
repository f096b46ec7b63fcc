import { reasonOf } from "../../lib/errors/reasons.ts";
import { cardMethod, type Payment, type Refund } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { lockPayment } from "./store-payment.ts";
import { completeRefund, failRefund } from "./store-refund.ts";

/**
 * Has the provider do a recorded refund, and records that it is done. May be
 * repeated: the provider knows the refund by its id. One that the provider
 * refuses is taken off the payment again.
 *
 * @throws REFUND_REFUSED, PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function payBack(
  { db, cards }: Pick<PaymentDeps, "db" | "cards">,
  { payment, refund }: { payment: Payment; refund: Refund },
): Promise<void> {
  let providerId: string | null = null;
  if (payment.method === cardMethod) {
    if (payment.providerId === null) throw new Error(`captured payment ${payment.id} has no provider id`);
    try {
      providerId = await cards.refund({
        refundId: refund.id,
        providerId: payment.providerId,
        currencyCode: payment.currencyCode,
        amount: refund.amount,
      });
    } catch (err) {
      if (reasonOf(err) === "REFUND_REFUSED") await failRefund(db, refund.id);
      throw err;
    }
  }
  await db.transaction(async (tx) => {
    // The lock makes the last of several refunds see that the others are done.
    await lockPayment(tx, payment.id);
    await completeRefund(tx, { id: refund.id, providerId });
  });
}
