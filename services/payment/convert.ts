import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Payment_State,
  type Payment as PaymentMessage,
  PaymentSchema,
} from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Payment, Refund } from "./payment.ts";

/** A payment and its refunds as a message. */
export function toPaymentMessage(payment: Payment, refunds: readonly Refund[]): PaymentMessage {
  return create(PaymentSchema, {
    id: payment.id,
    orderId: payment.orderId,
    state: Payment_State[payment.state],
    amount: money(payment.currencyCode, payment.amount),
    refunded: money(payment.currencyCode, payment.refunded),
    method: payment.method,
    providerId: payment.providerId ?? "",
    clientSecret: payment.clientSecret,
    redirectUrl: payment.redirectUrl,
    accountNumber: payment.accountNumber ?? "",
    reference: payment.reference ?? "",
    ...(payment.deadline !== null && { deadline: timestampFromDate(payment.deadline) }),
    declineCode: payment.declineCode,
    declineMessage: payment.declineMessage,
    refunds: refunds
      .filter((refund) => refund.paymentId === payment.id)
      .map((refund) => ({
        id: refund.id,
        amount: money(payment.currencyCode, refund.amount),
        reason: refund.reason,
        providerId: refund.providerId ?? "",
        completed: refund.state === "COMPLETED",
        createTime: timestampFromDate(refund.createTime),
      })),
    createTime: timestampFromDate(payment.createTime),
    updateTime: timestampFromDate(payment.updateTime),
  });
}
