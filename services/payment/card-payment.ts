import type { Queryable } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import type { CardOutcome, CardProcessor } from "./card-processor.ts";
import type { Payment } from "./payment.ts";
import { fail } from "./reasons.ts";
import { applyOutcome, findPayment, movePayment } from "./store-payment.ts";

/** One payment. @throws PAYMENT_NOT_FOUND. */
export async function getExisting(db: Queryable, id: string): Promise<Payment> {
  const payment = await findPayment(db, id);
  if (payment === undefined) throw fail("PAYMENT_NOT_FOUND", { payment_id: id });
  return payment;
}

/**
 * Asks the provider to authorize a recorded attempt, and records its answer.
 * May be repeated: the provider knows the attempt by its id. When the provider
 * cannot be reached the attempt stays PROCESSING, since it may have been done;
 * one that it refuses to understand is FAILED, so that another can be made.
 */
export async function authorize(
  { db, cards }: { db: Queryable; cards: CardProcessor },
  payment: Payment,
): Promise<Payment> {
  try {
    const outcome = await cards.authorize({
      paymentId: payment.id,
      orderId: payment.orderId,
      currencyCode: payment.currencyCode,
      amount: payment.amount,
      source: payment.source,
      email: payment.email,
    });
    return await record(db, { id: payment.id, outcome });
  } catch (err) {
    if (reasonOf(err) === "PAYMENT_METHOD_INVALID") {
      await movePayment(db, { id: payment.id, to: "FAILED", declineCode: "invalid_payment_method" });
    }
    throw err;
  }
}

/** Records what the provider said, and returns the payment as it then stands. */
export async function record(db: Queryable, change: { id: string; outcome: CardOutcome }): Promise<Payment> {
  return (await applyOutcome(db, change)) ?? (await getExisting(db, change.id));
}
