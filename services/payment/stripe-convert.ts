import type Stripe from "stripe";
import type { CardIntent, CardOutcome, CardRefundOutcome } from "./card-processor.ts";
import type { CardDispute, DisputeStatus } from "./dispute.ts";
import type { CardDetails } from "./saved-method.ts";
import { toInstructions } from "./stripe-bank-account.ts";

/**
 * An amount in ISO 4217 minor units as Stripe counts it. Stripe writes ISK and
 * UGX with two decimals that must be 00, and MGA without any
 * (https://docs.stripe.com/currencies#special-cases). Undefined for an amount
 * that it cannot write.
 */
export function toStripeAmount(currencyCode: string, amount: bigint): number | undefined {
  if (currencyCode === "ISK" || currencyCode === "UGX") return Number(amount * 100n);
  if (currencyCode !== "MGA") return Number(amount);
  return amount % 100n === 0n ? Number(amount / 100n) : undefined;
}

/** An amount of Stripe's in ISO 4217 minor units. */
export function fromStripeAmount(currencyCode: string, amount: number): bigint {
  if (currencyCode === "ISK" || currencyCode === "UGX") return BigInt(amount) / 100n;
  return currencyCode === "MGA" ? BigInt(amount) * 100n : BigInt(amount);
}

const states: Record<string, CardOutcome["state"]> = {
  processing: "PROCESSING",
  requires_confirmation: "PROCESSING",
  requires_action: "REQUIRES_ACTION",
  requires_capture: "AUTHORIZED",
  succeeded: "CAPTURED",
  canceled: "CANCELED",
  // After a decline or a failed 3-D Secure the intent waits for another card;
  // another attempt of ours is another intent.
  requires_payment_method: "FAILED",
};

/** Where an intent stands, as the shop sees it. */
export function toOutcome(intent: Stripe.PaymentIntent): CardOutcome {
  const waiting = intent.next_action?.display_bank_transfer_instructions;
  const state = waiting ? "AWAITING_TRANSFER" : states[intent.status];
  if (state === undefined) throw new Error(`unknown PaymentIntent status ${intent.status}`);
  const error = intent.last_payment_error;
  return {
    state,
    providerId: intent.id,
    clientSecret: state === "REQUIRES_ACTION" ? (intent.client_secret ?? "") : "",
    redirectUrl: intent.next_action?.redirect_to_url?.url ?? "",
    declineCode: state === "FAILED" ? error?.decline_code || error?.code || "declined" : "",
    declineMessage: state === "FAILED" ? (error?.message ?? "The payment failed.") : "",
    ...savedCardOf(intent),
    ...(waiting && { instructions: toInstructions(waiting) }),
  };
}

/** The card of an intent that has saved it and whose `payment_method` is expanded. */
function savedCardOf(intent: Stripe.PaymentIntent): { savedCard?: CardDetails } {
  const { payment_method: method, setup_future_usage: usage } = intent;
  if (usage === null || method === null || typeof method !== "object") return {};
  // Stripe saves it once it has paid; a customer may have deleted it since.
  if (method.customer === null || method.card === undefined) return {};
  const { brand, last4, exp_month: expiryMonth, exp_year: expiryYear } = method.card;
  return { savedCard: { providerId: method.id, brand, last4, expiryMonth, expiryYear } };
}

/** An intent whose `latest_charge` is expanded, with what the shop told of it. */
export function toIntent(intent: Stripe.PaymentIntent): CardIntent {
  const currencyCode = intent.currency.toUpperCase();
  const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
  const captured = fromStripeAmount(currencyCode, intent.amount_received);
  return {
    outcome: toOutcome(intent),
    paymentId: intent.metadata["payment_id"] ?? "",
    orderId: intent.metadata["order_id"] ?? "",
    currencyCode,
    captured,
    // A reservation that was given up counts as refunded at Stripe, though nothing was taken.
    refunded: captured > 0n ? fromStripeAmount(currencyCode, charge?.amount_refunded ?? 0) : 0n,
  };
}

/** A refund as the shop sees it. */
export function toRefund(refund: Stripe.Refund, currencyCode: string): CardRefundOutcome {
  const { status } = refund;
  return {
    providerId: refund.id,
    refundId: refund.metadata?.["refund_id"] ?? "",
    amount: fromStripeAmount(currencyCode, refund.amount),
    state:
      status === "succeeded"
        ? "COMPLETED"
        : status === "failed" || status === "canceled"
          ? "FAILED"
          : "PENDING",
  };
}

const disputeStatuses: Record<string, DisputeStatus> = {
  warning_needs_response: "INQUIRY_NEEDS_RESPONSE",
  warning_under_review: "INQUIRY_UNDER_REVIEW",
  warning_closed: "INQUIRY_CLOSED",
  needs_response: "NEEDS_RESPONSE",
  appeal_needs_response: "NEEDS_RESPONSE",
  under_review: "UNDER_REVIEW",
  appeal_under_review: "UNDER_REVIEW",
  won: "WON",
  lost: "LOST",
  prevented: "PREVENTED",
};

/** A dispute as the shop sees it. */
export function toDispute(dispute: Stripe.Dispute): CardDispute {
  const status = disputeStatuses[dispute.status];
  if (status === undefined) throw new Error(`unknown dispute status ${dispute.status}`);
  const currencyCode = dispute.currency.toUpperCase();
  const amount = fromStripeAmount(currencyCode, dispute.amount);
  // They are in the currency of the shop's account; together they say whether it is without the money.
  const moved = dispute.balance_transactions.reduce((sum, move) => sum + move.amount, 0);
  const { due_by: due } = dispute.evidence_details;
  const answerable = status === "INQUIRY_NEEDS_RESPONSE" || status === "NEEDS_RESPONSE";
  return {
    providerId: dispute.id,
    currencyCode,
    amount,
    withdrawn: moved < 0 ? amount : 0n,
    reason: dispute.reason,
    status,
    dueTime: answerable && due !== null ? new Date(due * 1000) : null,
    createTime: new Date(dispute.created * 1000),
  };
}
