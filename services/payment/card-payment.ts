import type { Queryable } from "../../lib/db/index.ts";
import { errorInfo } from "../../lib/errors/reasons.ts";
import type { CardOutcome, CardProcessor } from "./card-processor.ts";
import { invalidMethod, type Payment } from "./payment.ts";
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
 * one whose payment method it does not accept is FAILED, so that another can
 * be made.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function authorize(
  { db, cards }: { db: Queryable; cards: CardProcessor },
  payment: Payment,
): Promise<Payment> {
  const { id } = payment;
  try {
    const outcome = await cards.authorize({
      paymentId: id,
      orderId: payment.orderId,
      currencyCode: payment.currencyCode,
      amount: payment.amount,
      source: payment.source,
      email: payment.email,
    });
    return await record(db, { id, outcome });
  } catch (err) {
    const info = errorInfo(err);
    if (info?.reason !== "PAYMENT_METHOD_INVALID") throw err;
    const declineMessage = info.metadata["provider_message"] ?? "";
    const failed = await movePayment(db, { id, to: "FAILED", declineCode: invalidMethod, declineMessage });
    return failed ?? (await getExisting(db, id));
  }
}

/** Records what the provider said, and returns the payment as it then stands. */
export async function record(db: Queryable, change: { id: string; outcome: CardOutcome }): Promise<Payment> {
  return (await applyOutcome(db, change)) ?? (await getExisting(db, change.id));
}
