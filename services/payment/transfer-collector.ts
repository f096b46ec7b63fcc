import type { BankAccount } from "./bank-account.ts";
import type { CardOutcome } from "./card-processor.ts";

/** A transfer that the provider is to take. */
export interface TransferRequest {
  paymentId: string;
  orderId: string;
  /** The provider's id of the payer. */
  payer: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
}

/** Where to transfer money, and what to mention. */
export interface TransferInstructions {
  account: BankAccount;
  reference: string;
}

/** Money of a payer that no payment has used, and that goes back. */
export interface UnusedMoney {
  refundId: string;
  /** When the refund was begun: what was made for it is not older. */
  since: Date;
  /** The provider's id of the payer. */
  payer: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
  /** Where the provider asks for the payer's account when it does not know it; may be empty. */
  email: string;
}

/**
 * A provider that takes bank transfers into accounts of its own. What a payer sends pays what waits for it; what comes
 * before, beyond or after that stays the payer's until it is given back. Every call may be repeated, as those of a
 * CardProcessor.
 *
 * Errors: PROVIDER_UNAVAILABLE, PROVIDER_MISCONFIGURED.
 */
export interface TransferCollector {
  /** Makes the payer of one payment, who has an account number for it alone; returns the provider's id. */
  createPayer(paymentId: string): Promise<string>;
  /** Begins to wait for a transfer. Errors besides: PAYMENT_METHOD_INVALID, for a currency, too, that it does not take. */
  requestTransfer(transfer: TransferRequest): Promise<CardOutcome>;
  /** Gives back what no payment has used; returns the provider's id of the refund. Errors besides: REFUND_REFUSED. */
  returnUnused(money: UnusedMoney): Promise<string>;
  /** The provider's id of a refund that was made since a time and has not failed. */
  findReturn(refund: { refundId: string; since: Date }): Promise<string | undefined>;
}
