import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  BankTransaction_State,
  type BankTransaction as BankTransactionMessage,
  BankTransactionSchema,
  Payment_State,
  type Payment as PaymentMessage,
  PaymentSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import type { BankTransaction } from "./bank-transaction.ts";
import { toDisputeMessage } from "./convert-dispute.ts";
import type { Dispute } from "./dispute.ts";
import { excessOf, type Payment, type Refund } from "./payment.ts";

/** What belongs to payments, maybe of several. */
export interface PaymentParts {
  refunds: readonly Refund[];
  disputes: readonly Dispute[];
}

/** A payment with what belongs to it as a message. */
export function toPaymentMessage(
  payment: Payment,
  { refunds, disputes }: PaymentParts = { refunds: [], disputes: [] },
): PaymentMessage {
  const inCurrency = (amount: bigint) => money(payment.currencyCode, amount);
  const own = refunds.filter((refund) => refund.paymentId === payment.id);
  return create(PaymentSchema, {
    id: payment.id,
    orderId: payment.orderId,
    state: Payment_State[payment.state],
    amount: inCurrency(payment.amount),
    refunded: inCurrency(payment.refunded),
    received: inCurrency(payment.received),
    missing: inCurrency(payment.state === "AWAITING_TRANSFER" ? payment.amount - payment.received : 0n),
    excess: inCurrency(excessOf(payment, own)),
    method: payment.method,
    providerId: payment.providerId ?? "",
    clientSecret: payment.clientSecret,
    redirectUrl: payment.redirectUrl,
    accountNumber: payment.accountNumber ?? "",
    reference: payment.reference ?? "",
    ...(payment.bankAccount !== null && { bankAccount: payment.bankAccount }),
    ...(payment.deadline !== null && { deadline: timestampFromDate(payment.deadline) }),
    declineCode: payment.declineCode,
    declineMessage: payment.declineMessage,
    refunds: own.map((refund) => ({
      id: refund.id,
      amount: inCurrency(refund.amount),
      excess: refund.excess,
      reason: refund.reason,
      providerId: refund.providerId ?? "",
      completed: refund.state === "COMPLETED",
      createTime: timestampFromDate(refund.createTime),
    })),
    disputes: disputes.filter(({ paymentId }) => paymentId === payment.id).map(toDisputeMessage),
    createTime: timestampFromDate(payment.createTime),
    updateTime: timestampFromDate(payment.updateTime),
  });
}

/** A bank transaction as a message. */
export function toBankTransactionMessage(transaction: BankTransaction): BankTransactionMessage {
  const { currencyCode, amount } = transaction;
  return create(BankTransactionSchema, {
    id: transaction.id,
    state: BankTransaction_State[transaction.state],
    date: transaction.date,
    amount: money(currencyCode, amount),
    reference: transaction.reference,
    description: transaction.description,
    transactionId: transaction.transactionId,
    account: transaction.account,
    paymentId: transaction.paymentId ?? "",
    note: transaction.note,
    createTime: timestampFromDate(transaction.createTime),
  });
}
