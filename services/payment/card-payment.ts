import type { Clock } from "../../lib/clock.ts";
import { isUniqueViolation, type Queryable } from "../../lib/db/index.ts";
import { errorInfo } from "../../lib/errors/reasons.ts";
import type { CardOutcome, CardProcessor } from "./card-processor.ts";
import { invalidMethod, notStarted, type Payment, repeatableMs } from "./payment.ts";
import { fail } from "./reasons.ts";
import { ensureCustomer } from "./saved-method.ts";
import { applyOutcome, findPayment, movePayment } from "./store-payment.ts";
import { setPayer } from "./store-transfer.ts";

/** One payment. @throws PAYMENT_NOT_FOUND. */
export async function getExisting(db: Queryable, id: string): Promise<Payment> {
  const payment = await findPayment(db, id);
  if (payment === undefined) throw fail("PAYMENT_NOT_FOUND", { payment_id: id });
  return payment;
}

/** What the clocks of the shop and the provider may differ by. */
const clockSlackMs = 300_000;

/**
 * Asks the provider to authorize a recorded attempt, or to wait for its transfer, and records its answer.
 * May be repeated: the provider knows the attempt by its id, and one that is
 * too old for that is looked for among what the provider has. When the provider
 * cannot be reached the attempt stays PROCESSING, since it may have been done;
 * one whose payment method it does not accept is FAILED, so that another can
 * be made.
 *
 * @throws PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export async function authorize(
  { db, cards, clock }: { db: Queryable; cards: CardProcessor; clock: Clock },
  payment: Payment,
): Promise<Payment> {
  const { id } = payment;
  if (clock().getTime() - payment.createTime.getTime() > repeatableMs) {
    const outcome = await findLost(cards, payment);
    if (outcome !== undefined) return record(db, { id, outcome });
    const declineMessage = "The payment was never started.";
    const failed = await movePayment(db, { id, to: "FAILED", declineCode: notStarted, declineMessage });
    return failed ?? (await getExisting(db, id));
  }
  try {
    const outcome = await ask({ db, cards }, payment);
    return await record(db, { id, outcome });
  } catch (err) {
    const info = errorInfo(err);
    if (info?.reason !== "PAYMENT_METHOD_INVALID") throw err;
    const declineMessage = info.metadata["provider_message"] ?? "";
    const failed = await movePayment(db, { id, to: "FAILED", declineCode: invalidMethod, declineMessage });
    return failed ?? (await getExisting(db, id));
  }
}

async function ask(
  { db, cards }: { db: Queryable; cards: CardProcessor },
  payment: Payment,
): Promise<CardOutcome> {
  const { id: paymentId, orderId, currencyCode, amount, source, email, customerId } = payment;
  const wanted = { paymentId, orderId, currencyCode, amount };
  if (payment.viaProvider) {
    const payer = payment.payerId ?? (await cards.createPayer(paymentId));
    // Known before the transfer can come: the provider's word on money names the payer.
    await setPayer(db, { id: paymentId, payerId: payer });
    return cards.requestTransfer({ ...wanted, payer });
  }
  const customer = customerId === "" ? undefined : await ensureCustomer({ db, cards }, customerId);
  const { createTime: beginTime, saveMethod: save } = payment;
  return cards.authorize({ ...wanted, beginTime, source, email, customer, save });
}

/** What became of an attempt that may have been made while it could be, told by the id it carries. */
async function findLost(cards: CardProcessor, { id, createTime }: Payment): Promise<CardOutcome | undefined> {
  const since = new Date(createTime.getTime() - clockSlackMs);
  const until = new Date(createTime.getTime() + repeatableMs + clockSlackMs);
  for await (const intent of cards.list({ since, until })) {
    if (intent.paymentId === id) return intent.outcome;
  }
  return undefined;
}

/**
 * Records what the provider said, and returns the payment as it then stands. Of a payment that has ended while its
 * order began another, nothing: its webhook sees to that money.
 */
export async function record(db: Queryable, change: { id: string; outcome: CardOutcome }): Promise<Payment> {
  try {
    return (await applyOutcome(db, change)) ?? (await getExisting(db, change.id));
  } catch (err) {
    if (!isUniqueViolation(err, "payment_live_key")) throw err;
    return getExisting(db, change.id);
  }
}
