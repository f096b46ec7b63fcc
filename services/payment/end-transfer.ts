import type { Payment as PaymentMessage } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { isUniqueViolation, type Tx } from "../../lib/db/index.ts";
import { answerWith } from "./answer.ts";
import { getExisting } from "./card-payment.ts";
import { returnReceived, returnStrayMoney } from "./late-money.ts";
import { changeAndTell } from "./order-link.ts";
import { isOwnTransfer, type Payment, type PaymentState, refundable } from "./payment.ts";
import { fail } from "./reasons.ts";
import type { PaymentDeps } from "./service.ts";
import { movePayment } from "./store-payment.ts";

/** How the waiting for a transfer ends. */
export interface TransferEnd {
  id: string;
  to: "CAPTURED" | "FAILED";
  /** From where that is possible. */
  from: readonly PaymentState[];
  /** States in which this, or more, has happened already: the answer to a repeated call. */
  reached: readonly PaymentState[];
  declineCode?: string;
  declineMessage?: string;
}

/**
 * Ends the waiting for a bank transfer and has Order act on it; answers with
 * the payment as it stands after that: an order that could not take the money
 * has given it back.
 *
 * @throws PAYMENT_NOT_FOUND, PAYMENT_NOT_AWAITING_TRANSFER, PAYMENT_AT_PROVIDER.
 */
export async function endTransfer(
  deps: PaymentDeps,
  { reached, from, ...change }: TransferEnd,
): Promise<PaymentMessage> {
  const { db } = deps;
  const { id } = change;
  const before = await getExisting(db, id);
  if (before.viaProvider) throw fail("PAYMENT_AT_PROVIDER", { payment_id: id });
  const isTransfer = isOwnTransfer(before);
  const changed = isTransfer && (await end(deps, { ...change, from }));
  const payment = await getExisting(db, id);
  // Of one that was rejected when a part had come, that part went back.
  const { declineCode = "" } = change;
  const isReached =
    reached.includes(payment.state) || (declineCode !== "" && payment.declineCode === declineCode);
  if (!changed && !(isTransfer && isReached)) {
    throw fail("PAYMENT_NOT_AWAITING_TRANSFER", { payment_id: id, state: payment.state });
  }
  return answerWith(db, payment);
}

/** What ends a transfer, whose end is written by {@link writeEnd}. */
export type WrittenEnd = Parameters<typeof movePayment>[1];

/** Writes how a transfer ends. Of one that is given up, what had come of it goes back with it. */
export async function writeEnd(tx: Tx, end: WrittenEnd): Promise<Payment | undefined> {
  const payment = await movePayment(tx, end);
  if (payment === undefined || end.to === "CAPTURED" || refundable(payment) === 0n) return payment;
  await returnReceived(tx, payment, "a part came of what has ended");
  return getExisting(tx, end.id);
}

async function end(deps: PaymentDeps, change: Omit<TransferEnd, "reached">): Promise<boolean> {
  try {
    return await changeAndTell(deps, (tx) => writeEnd(tx, change));
  } catch (err) {
    if (!isUniqueViolation(err, "payment_live_key")) throw err;
    // Late, and the order is being paid, or is, by another payment.
    await returnStrayMoney(deps, change.id);
    return true;
  }
}
