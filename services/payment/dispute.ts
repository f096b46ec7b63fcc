import type { Payment } from "./payment.ts";

/** Where a dispute can stand; see the contract. */
export type DisputeStatus =
  | "INQUIRY_NEEDS_RESPONSE"
  | "INQUIRY_UNDER_REVIEW"
  | "INQUIRY_CLOSED"
  | "NEEDS_RESPONSE"
  | "UNDER_REVIEW"
  | "WON"
  | "LOST"
  | "PREVENTED";

/** A buyer's objection to a payment, as the provider has it. Amounts are in minor units. */
export interface CardDispute {
  providerId: string;
  currencyCode: string;
  amount: bigint;
  /** What was taken from the shop for it and not given back. */
  withdrawn: bigint;
  /** In the provider's words. */
  reason: string;
  status: DisputeStatus;
  /** Until when the shop can answer. */
  dueTime: Date | null;
  createTime: Date;
}

/** The same as it is recorded. */
export interface Dispute extends CardDispute {
  id: string;
  paymentId: string;
  orderId: string;
  /** Number of the look at the provider that it is from. */
  look: bigint;
  updateTime: Date;
}

/** What of a payment the bank has taken back: nobody can give that back once more. */
export function withdrawnOf(
  payment: Pick<Payment, "amount" | "currencyCode">,
  disputes: readonly Pick<Dispute, "withdrawn" | "currencyCode">[],
): bigint {
  return disputes.reduce((sum, { withdrawn, currencyCode }) => {
    // In another currency nobody can tell how much of the payment it is.
    const whole = withdrawn > 0n && currencyCode !== payment.currencyCode;
    return sum + (whole ? payment.amount : withdrawn);
  }, 0n);
}

/** Whether the provider tells something new of a dispute. */
export function differs(known: CardDispute, seen: CardDispute): boolean {
  return (
    known.status !== seen.status ||
    known.amount !== seen.amount ||
    known.withdrawn !== seen.withdrawn ||
    known.reason !== seen.reason ||
    known.dueTime?.getTime() !== seen.dueTime?.getTime()
  );
}
