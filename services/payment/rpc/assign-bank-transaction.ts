import type { MethodImpl } from "@connectrpc/connect";
import { PaymentService } from "../../../gen/rowlock/payment/v1/payment_pb.js";
import { isUniqueViolation } from "../../../lib/db/index.ts";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import type { BankTransaction } from "../bank-transaction.ts";
import { type Booked, bookTransfer } from "../book-transfer.ts";
import { getExisting } from "../card-payment.ts";
import { toBankTransactionMessage } from "../convert.ts";
import { tellAtOnce } from "../order-link.ts";
import { isOwnTransfer } from "../payment.ts";
import { fail } from "../reasons.ts";
import type { PaymentDeps } from "../service.ts";
import { lockTransaction, settleTransaction } from "../store-bank.ts";

const method = PaymentService.method.assignBankTransaction;

/** Books a transaction on the payment that staff name. Safe to retry. */
export function assignBankTransaction(deps: PaymentDeps): MethodImpl<typeof method> {
  const { db, clock } = deps;
  return (request, ctx) => {
    const { bankTransactionId: id, paymentId } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => {
      const { transaction, booked } = await assign(deps, { id, paymentId, stray: false }).catch((err) => {
        if (!isUniqueViolation(err, "payment_live_key")) throw err;
        return assign(deps, { id, paymentId, stray: true });
      });
      if (booked?.news) await tellAtOnce(deps, booked.payment);
      return toBankTransactionMessage(transaction);
    });
  };
}

async function assign(
  deps: PaymentDeps,
  { id, paymentId, stray }: { id: string; paymentId: string; stray: boolean },
): Promise<{ transaction: BankTransaction; booked?: Booked }> {
  return deps.db.transaction(async (tx) => {
    const found = await lockTransaction(tx, id);
    if (found === undefined) throw fail("BANK_TRANSACTION_NOT_FOUND", { bank_transaction_id: id });
    if (found.paymentId === paymentId) return { transaction: found };
    if (found.paymentId !== null) {
      throw fail("BANK_TRANSACTION_ASSIGNED", { bank_transaction_id: id, payment_id: found.paymentId });
    }
    const payment = await getExisting(tx, paymentId);
    const { currencyCode: payment_currency, state } = payment;
    if (payment.viaProvider) throw fail("PAYMENT_AT_PROVIDER", { payment_id: paymentId });
    if (!isOwnTransfer(payment))
      throw fail("PAYMENT_NOT_AWAITING_TRANSFER", { payment_id: paymentId, state });
    if (payment_currency !== found.currencyCode) {
      throw fail("CURRENCY_MISMATCH", { payment_currency, currency_code: found.currencyCode });
    }
    const transaction = await settleTransaction(tx, { id, state: "ASSIGNED", paymentId, note: "" });
    return { transaction, booked: await bookTransfer(deps, tx, { transaction, stray }) };
  });
}
