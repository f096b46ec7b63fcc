import type Stripe from "stripe";
import type { CardIntent, CardOutcome, CardRefundOutcome } from "./card-processor.ts";

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
function fromStripeAmount(currencyCode: string, amount: number): bigint {
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
  const state = states[intent.status];
  if (state === undefined) throw new Error(`unknown PaymentIntent status ${intent.status}`);
  const error = intent.last_payment_error;
  return {
    state,
    providerId: intent.id,
    clientSecret: state === "REQUIRES_ACTION" ? (intent.client_secret ?? "") : "",
    redirectUrl: intent.next_action?.redirect_to_url?.url ?? "",
    declineCode: state === "FAILED" ? error?.decline_code || error?.code || "declined" : "",
    declineMessage: state === "FAILED" ? (error?.message ?? "The payment failed.") : "",
  };
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
