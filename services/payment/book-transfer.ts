import type { Tx } from "../../lib/db/index.ts";
import type { BankTransaction } from "./bank-transaction.ts";
import { returnReceived } from "./late-money.ts";
import { willTell } from "./order-link.ts";
import type { Payment } from "./payment.ts";
import type { PaymentDeps } from "./service.ts";
import { countReceived } from "./store-bank.ts";
import { lockPayment, movePayment } from "./store-payment.ts";

/** What became of money that came for a transfer. */
export interface Booked {
  result: "MATCHED" | "PART_PAID" | "OVERPAID" | "RETURNED";
  /** The payment as it stands with it. */
  payment: Payment;
  /** Whether Order is to be told. */
  news: boolean;
}

/**
 * Books a transaction that was written as a payment's. With the whole amount the payment is captured, as by staff's
 * confirmation, also from its end: Order decides what becomes of that. A part waits for the rest, or goes back when the
 * payment has ended; so does what comes when all of the rest has gone back. To be run again with `stray` when its order
 * has another live payment: the money goes back then.
 *
 * Errors: unique violation of payment_live_key.
 */
export async function bookTransfer(
  deps: Pick<PaymentDeps, "jobs">,
  tx: Tx,
  { transaction, stray }: { transaction: BankTransaction; stray: boolean },
): Promise<Booked> {
  const id = transaction.paymentId ?? "";
  const before = await lockPayment(tx, id);
  if (before === undefined) throw new Error(`payment ${id} is gone`);
  const payment = await countReceived(tx, id);
  const effect = stray ? "RETURN" : effectOf({ before, received: payment.received });
  switch (effect) {
    case "CAPTURE":
      await movePayment(tx, { id, to: "CAPTURED" });
      break;
    case "RETURN":
      await returnReceived(tx, payment, "it came for a payment that has ended");
      break;
    case "WAIT":
    case "KEEP":
      break;
  }
  const news = effect !== "KEEP";
  if (news) await willTell(deps, tx, payment);
  const isReturned = effect === "RETURN" && payment.received > payment.refunded;
  return { result: isReturned ? "RETURNED" : comparedWithAmount(payment), payment, news };
}

function comparedWithAmount({ received, amount }: Payment): Booked["result"] {
  if (received === amount) return "MATCHED";
  return received < amount ? "PART_PAID" : "OVERPAID";
}

/** What a payment does with all that has come for it by now. */
function effectOf({
  before,
  received,
}: {
  before: Payment;
  received: bigint;
}): "CAPTURE" | "WAIT" | "KEEP" | "RETURN" {
  const isWhole = received >= before.amount;
  switch (before.state) {
    case "AWAITING_TRANSFER":
      return isWhole ? "CAPTURE" : "WAIT";
    case "FAILED":
    case "CANCELED":
      return isWhole ? "CAPTURE" : "RETURN";
    case "CAPTURED":
      // All of it is on its way back: nothing is kept of what has been given up.
      return before.refunded === before.received ? "RETURN" : "KEEP";
    case "REFUNDED":
      return "RETURN";
    case "PROCESSING":
    case "REQUIRES_ACTION":
    case "AUTHORIZED":
      throw new Error(`payment ${before.id} is no transfer`);
  }
}
