/** States of a bank transaction. */
export type BankTransactionState = "UNMATCHED" | "ASSIGNED" | "DISMISSED";

/** Money that came in on an account of the shop; the amount in minor units. */
export interface BankTransaction {
  id: string;
  account: string;
  /** Tells it from the others of its account. */
  key: string;
  state: BankTransactionState;
  /** The day on which the bank booked it, `2026-11-21`. */
  date: string;
  currencyCode: string;
  amount: bigint;
  reference: string;
  description: string;
  /** The bank's id of it; may be empty. */
  transactionId: string;
  paymentId: string | null;
  /** Why it matched nothing, or what staff said who dismissed it. */
  note: string;
  createTime: Date;
}
