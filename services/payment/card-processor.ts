import type { CardDispute } from "./dispute.ts";
import type { CardDetails } from "./saved-method.ts";
import type { TransferCollector, TransferInstructions } from "./transfer-collector.ts";

/** Where a payment stands at its provider. */
export interface CardOutcome {
  state:
    | "PROCESSING"
    | "REQUIRES_ACTION"
    | "AWAITING_TRANSFER"
    | "AUTHORIZED"
    | "CAPTURED"
    | "FAILED"
    | "CANCELED";
  providerId: string;
  /** For REQUIRES_ACTION: the secret with which the storefront continues. */
  clientSecret: string;
  /** For REQUIRES_ACTION: where to send the buyer; may be empty. */
  redirectUrl: string;
  /** For FAILED: the provider's decline code. */
  declineCode: string;
  /** For FAILED: what to tell the buyer. */
  declineMessage: string;
  /** The card that the payment has saved for its customer. */
  savedCard?: CardDetails | undefined;
  /** For AWAITING_TRANSFER. */
  instructions?: TransferInstructions | undefined;
}

/** What is to be authorized. */
export interface CardCharge {
  paymentId: string;
  orderId: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
  /** When the payment was begun: what was made for it is not older. */
  beginTime: Date;
  /** The provider's name of the card, for example `pm_card_visa`. */
  source: string;
  email: string;
  /** The provider's id of the customer whose card it is, or becomes. */
  customer?: string | undefined;
  /** Whether the card is to be saved for that customer. */
  save?: boolean;
}

/** What is to be given back of a captured payment. */
export interface CardRefund {
  refundId: string;
  /** The provider's id of the payment. */
  providerId: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
  /** Of a transfer: where the provider asks for the payer's account when it does not know it. */
  email?: string;
}

/** A payment as the provider has it, with what the shop told it. */
export interface CardIntent {
  outcome: CardOutcome;
  /** Our payment's id; empty for one that the shop did not make. */
  paymentId: string;
  /** Empty likewise. */
  orderId: string;
  currencyCode: string;
  /** What was taken, in minor units. */
  captured: bigint;
  /** What was or is being given back of it, in minor units. */
  refunded: bigint;
  /** Of a transfer, as {@link CardProcessor.inspect} tells it. */
  transfer?: TransferMoney | undefined;
}

/** The money of a transfer that the provider takes, in minor units. */
export interface TransferMoney {
  /** All that the payer has sent. */
  received: bigint;
  /** What of it went back, or is going, without having been used by the payment. */
  returned: bigint;
}

/** All that went back of a payment's money. */
export function returnedOf({ refunded, transfer }: CardIntent): bigint {
  return refunded + (transfer?.returned ?? 0n);
}

/** Money given back, as the provider has it. */
export interface CardRefundOutcome {
  providerId: string;
  /** Our refund's id; empty for one that was made at the provider. */
  refundId: string;
  /** Minor units. */
  amount: bigint;
  state: "PENDING" | "COMPLETED" | "FAILED";
}

/**
 * A provider of card payments, which takes bank transfers, too. Every call may be repeated: the provider does
 * the work once per payment or refund id and answers the same again.
 *
 * Errors: PROVIDER_UNAVAILABLE when it does not answer in time (the work may
 * have been done), PAYMENT_METHOD_INVALID, PROVIDER_MISCONFIGURED.
 */
export interface CardProcessor extends TransferCollector {
  /** Reserves the money on the card. A decline is an outcome, not an error. */
  authorize(charge: CardCharge): Promise<CardOutcome>;
  /** Takes the reserved money. */
  capture(payment: { providerId: string }): Promise<CardOutcome>;
  /** Gives the reservation, or the waiting for a transfer, up. */
  cancel(payment: { providerId: string }): Promise<CardOutcome>;
  /** Returns the payment's present state. */
  retrieve(providerId: string): Promise<CardOutcome>;
  /** The payment with all that the provider knows of it; undefined when it does not know it. */
  inspect(providerId: string): Promise<CardIntent | undefined>;
  /** The payments begun in a time, the newest first. Sees each as soon as it exists. */
  list(range: { since: Date; until?: Date }): AsyncIterable<CardIntent>;
  /** What was given back of a payment. */
  refundsOf(payment: { providerId: string; currencyCode: string }): Promise<CardRefundOutcome[]>;
  /** Gives captured money back; returns the provider's id of the refund. Errors besides: REFUND_REFUSED. */
  refund(refund: CardRefund): Promise<string>;
  /** The payments of which buyers began to dispute something since a time, by the provider's id; one may come twice. */
  listDisputed(range: { since: Date }): AsyncIterable<string>;
  /** What buyers dispute of a payment. */
  disputesOf(payment: { providerId: string }): Promise<CardDispute[]>;
  /** Makes a customer, who has our id and nothing else; returns the provider's id. */
  createCustomer(customerId: string): Promise<string>;
  /** Forgets a customer with all saved cards. Forgetting one that is not there changes nothing. */
  deleteCustomer(providerId: string): Promise<void>;
  /** Forgets a saved card. Forgetting one that is not there changes nothing. */
  detach(providerId: string): Promise<void>;
}
