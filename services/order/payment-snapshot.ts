import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Payment, Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import type { BankAccount, PaymentAttemptState, PaymentSnapshot } from "./order.ts";

/** What an order keeps of a payment. */
export function snapshotOf(payment: Payment): PaymentSnapshot {
  const { method, clientSecret, redirectUrl, declineCode } = payment;
  const { accountNumber, reference, bankAccount, deadline, received } = payment;
  const came = received?.amount ?? 0n;
  return {
    method,
    clientSecret,
    redirectUrl,
    declineCode,
    // The provider may not have said yet where the money shall go.
    ...(deadline !== undefined &&
      accountNumber !== "" && {
        transfer: {
          ...{ accountNumber, reference },
          ...(came > 0n && { received: Number(came) }),
          ...(bankAccount !== undefined && { bankAccount: accountOf(bankAccount) }),
          deadline: timestampDate(deadline).toISOString(),
        },
      }),
  };
}

/** Fields of its own, as JSON keeps them. */
function accountOf({
  holder,
  bankName,
  number,
  bic,
  bankCode,
  branchCode,
  ...more
}: BankAccount): BankAccount {
  const { accountType, countryCode } = more;
  return { holder, bankName, number, bic, bankCode, branchCode, accountType, countryCode };
}

/** A payment's state as its order shows it. */
export function attemptStateOf(state: Payment_State): PaymentAttemptState {
  switch (state) {
    case Payment_State.UNSPECIFIED:
    case Payment_State.PROCESSING:
    case Payment_State.AUTHORIZED:
      return "PROCESSING";
    case Payment_State.REQUIRES_ACTION:
      return "REQUIRES_ACTION";
    case Payment_State.AWAITING_TRANSFER:
      return "AWAITING_TRANSFER";
    case Payment_State.CAPTURED:
      return "CAPTURED";
    case Payment_State.FAILED:
    case Payment_State.CANCELED:
      return "FAILED";
    case Payment_State.REFUNDED:
      return "REFUNDED";
  }
}

/** Whether less has come than was to be paid. */
export function isPartPaid({ received, amount }: Payment): boolean {
  return received !== undefined && amount !== undefined && received.amount < amount.amount;
}
