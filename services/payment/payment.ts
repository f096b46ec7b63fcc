import { least, sum } from "../../lib/money/arithmetic.ts";
import type { BankAccount } from "./bank-account.ts";

/** States of a payment; see the contract for the transitions. */
export type PaymentState =
  | "PROCESSING"
  | "REQUIRES_ACTION"
  | "AWAITING_TRANSFER"
  | "AUTHORIZED"
  | "CAPTURED"
  | "FAILED"
  | "CANCELED"
  | "REFUNDED";

/**
 * From which states a payment may move to the key's state. A transition whose
 * source is not listed is refused by the guarded update that would make it,
 * so a late or repeated answer of the provider never moves a payment back.
 */
export const sourcesOf: Readonly<Record<PaymentState, readonly PaymentState[]>> = {
  // To itself, so that the provider's id is kept when the provider has not decided yet.
  PROCESSING: ["PROCESSING"],
  REQUIRES_ACTION: ["PROCESSING"],
  AWAITING_TRANSFER: ["PROCESSING"],
  AUTHORIZED: ["PROCESSING", "REQUIRES_ACTION"],
  // From its ends, too: money that came after all is a fact, and Order decides what becomes of it.
  CAPTURED: ["PROCESSING", "REQUIRES_ACTION", "AUTHORIZED", "AWAITING_TRANSFER", "FAILED", "CANCELED"],
  FAILED: ["PROCESSING", "REQUIRES_ACTION", "AWAITING_TRANSFER"],
  CANCELED: ["PROCESSING", "REQUIRES_ACTION", "AUTHORIZED", "AWAITING_TRANSFER"],
  // From its ends when late money could not be taken, since it is a part or the order has another payment.
  REFUNDED: ["CAPTURED", "FAILED", "CANCELED"],
};

/**
 * How many milliseconds after its beginning a charge or a refund may be asked for again. Providers forget
 * idempotency keys after a day: asked for later it would be another one.
 */
export const repeatableMs = 23 * 3_600_000;

/** The method of a card payment. */
export const cardMethod = "card";

/** Decline code of a payment that never reached the provider. */
export const notStarted = "not_started";

/** Decline code of a payment whose method the provider does not know or accept. */
export const invalidMethod = "invalid_payment_method";

/** Decline code of a transfer that staff said will not come. */
export const rejected = "rejected";

/** One attempt to pay an order. Amounts are in minor units. */
export interface Payment {
  id: string;
  orderId: string;
  state: PaymentState;
  currencyCode: string;
  amount: bigint;
  /** What has come in; never less than `amount` when CAPTURED. */
  received: bigint;
  /** What of it went, or is going, back. */
  refunded: bigint;
  method: string;
  source: string;
  email: string;
  providerId: string | null;
  clientSecret: string;
  redirectUrl: string;
  accountNumber: string | null;
  reference: string | null;
  /** Whether the provider takes the transfer, into an account of its own. */
  viaProvider: boolean;
  /** The provider's id of who pays by such a transfer. */
  payerId: string | null;
  /** The account that such a transfer is to be made to. */
  bankAccount: BankAccount | null;
  deadline: Date | null;
  declineCode: string;
  declineMessage: string;
  /** Whether it has disputes. */
  disputed: boolean;
  /** Who pays with a saved method, or saves one; empty of all others. */
  customerId: string;
  /** Whether its card is to be saved for that customer. */
  saveMethod: boolean;
  createTime: Date;
  updateTime: Date;
}

/** Money given back. */
export interface Refund {
  id: string;
  paymentId: string;
  requestId: string | null;
  requestFingerprint: Uint8Array;
  amount: bigint;
  /** Whether it is of what was paid too much. */
  excess: boolean;
  /** What of it the payment had never used; 0 unless the provider takes the transfer. */
  fromUnused: bigint;
  reason: string;
  providerId: string | null;
  state: "PENDING" | "COMPLETED" | "FAILED";
  createTime: Date;
}

/** Whether a payment is a bank transfer to an account of the shop, of which the provider knows nothing. */
export function isOwnTransfer({ method, viaProvider }: Pick<Payment, "method" | "viaProvider">): boolean {
  return method !== cardMethod && !viaProvider;
}

/** What is there to be given back. */
export function refundable({ received, refunded }: Pick<Payment, "received" | "refunded">): bigint {
  return received - refunded;
}

/**
 * What of a refund comes out of money that the payment has not used, since it was `captured` by less than what the
 * refund and the earlier ones (that did not fail) come to.
 */
export function unusedPartOf(
  amount: bigint,
  { captured, refunds }: { captured: bigint; refunds: readonly Pick<Refund, "amount" | "fromUnused">[] },
): bigint {
  const used = captured - sum(refunds.map((refund) => refund.amount - refund.fromUnused));
  return amount > used ? amount - used : 0n;
}

/** What was paid too much and has not gone back yet; `refunds` are the payment's that did not fail. */
export function excessOf(
  payment: Pick<Payment, "amount" | "received" | "refunded">,
  refunds: readonly Pick<Refund, "amount" | "excess">[],
): bigint {
  const back = sum(refunds.filter(({ excess }) => excess).map(({ amount }) => amount));
  const open = least(payment.received - payment.amount - back, refundable(payment));
  return open > 0n ? open : 0n;
}
