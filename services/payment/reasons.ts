import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in Payment, as callers see it. */
export const fail = defineReasons({
  PAYMENT_NOT_FOUND: {
    code: Code.NotFound,
    message: "payment {payment_id} does not exist",
  },
  PAYMENT_LIVE: {
    code: Code.FailedPrecondition,
    message: "order {order_id} already has the live payment {payment_id}",
  },
  PAYMENT_MISMATCH: {
    code: Code.AlreadyExists,
    message: "payment {payment_id} exists with other content",
  },
  PAYMENT_METHOD_INVALID: {
    code: Code.InvalidArgument,
    message: "the payment provider does not accept this payment method: {provider_message}",
  },
  PAYMENT_NOT_AUTHORIZED: {
    code: Code.FailedPrecondition,
    message: "payment {payment_id} is {state} and cannot be captured",
  },
  PAYMENT_CAPTURED: {
    code: Code.FailedPrecondition,
    message: "payment {payment_id} is captured; refund it instead",
  },
  PAYMENT_NOT_AWAITING_TRANSFER: {
    code: Code.FailedPrecondition,
    message: "payment {payment_id} is {state}; it does not wait for a transfer",
  },
  PAYMENT_AT_PROVIDER: {
    code: Code.FailedPrecondition,
    message: "the payment provider takes the transfer of payment {payment_id} and says itself what has come",
  },
  PAYMENT_NOT_CAPTURED: {
    code: Code.FailedPrecondition,
    message: "payment {payment_id} is {state}; only captured money can be given back",
  },
  REFUND_TOO_LARGE: {
    code: Code.FailedPrecondition,
    message: "at most {refundable} {currency_code} in minor units can be given back",
  },
  PAYMENT_DISPUTED: {
    code: Code.FailedPrecondition,
    message:
      "the bank has taken money of payment {payment_id} back; at most {refundable} {currency_code} in minor units can be given back",
  },
  PAYMENT_METHOD_NOT_FOUND: {
    code: Code.NotFound,
    message: "the customer has saved no payment method {payment_method_id}",
  },
  ACCOUNT_REQUIRED: { code: Code.PermissionDenied, message: "this is for customers who are signed in" },
  REFUND_REFUSED: {
    code: Code.FailedPrecondition,
    message: "the payment provider refused the refund: {provider_message}",
  },
  CURRENCY_MISMATCH: {
    code: Code.InvalidArgument,
    message: "the payment is in {payment_currency}, not in {currency_code}",
  },
  STATEMENT_INVALID: {
    code: Code.InvalidArgument,
    message: "this is not a bank statement that can be read: {problem}",
  },
  STATEMENT_TOO_LARGE: {
    code: Code.InvalidArgument,
    message: "a bank statement has at most {max_rows} rows and {max_bytes} bytes; import a shorter period",
  },
  BANK_TRANSACTION_NOT_FOUND: {
    code: Code.NotFound,
    message: "bank transaction {bank_transaction_id} does not exist",
  },
  BANK_TRANSACTION_ASSIGNED: {
    code: Code.FailedPrecondition,
    message: "bank transaction {bank_transaction_id} is payment {payment_id}'s",
  },
  REQUEST_ID_REUSED: {
    code: Code.AlreadyExists,
    message: "request_id {request_id} was used before with another request",
  },
  PROVIDER_UNAVAILABLE: {
    code: Code.Unavailable,
    message: "the payment provider does not answer; try again",
  },
  PROVIDER_MISCONFIGURED: {
    code: Code.Internal,
    message: "the payment provider refuses the shop's credentials or settings",
  },
});
