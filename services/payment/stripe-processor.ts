import Stripe from "stripe";
import type { CardCharge, CardOutcome, CardProcessor } from "./card-processor.ts";
import { fail } from "./reasons.ts";

/** How to reach Stripe. `host`, `port` and `protocol` point the SDK elsewhere than api.stripe.com. */
export interface StripeOptions {
  apiKey: string;
  baseUrl?: string | undefined;
  /** Milliseconds that one call may take. */
  timeoutMs: number;
  /** Where Stripe sends a buyer back to after 3-D Secure. */
  returnUrl: string;
}

/**
 * Card payments by Stripe PaymentIntents with manual capture. Every call that
 * changes something carries an idempotency key made from our own id, so the
 * SDK's retries, and ours, charge and refund once.
 */
export function createStripeProcessor(options: StripeOptions): CardProcessor {
  const stripe = new Stripe(options.apiKey, {
    timeout: options.timeoutMs,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(options.baseUrl === undefined ? {} : hostOf(options.baseUrl)),
  });

  return {
    async authorize(charge) {
      try {
        const intent = await stripe.paymentIntents.create(intentOf(charge, options.returnUrl), {
          idempotencyKey: `${charge.paymentId}:authorize`,
        });
        return toOutcome(intent);
      } catch (err) {
        return declined(err);
      }
    },
    async capture({ providerId, paymentId }) {
      try {
        return toOutcome(
          await stripe.paymentIntents.capture(providerId, {}, { idempotencyKey: `${paymentId}:capture` }),
        );
      } catch (err) {
        return presentState(err, providerId);
      }
    },
    async cancel({ providerId, paymentId }) {
      try {
        return toOutcome(
          await stripe.paymentIntents.cancel(providerId, {}, { idempotencyKey: `${paymentId}:cancel` }),
        );
      } catch (err) {
        return presentState(err, providerId);
      }
    },
    retrieve,
    async refund({ refundId, providerId, amount }) {
      try {
        const refund = await stripe.refunds.create(
          { payment_intent: providerId, amount: Number(amount) },
          { idempotencyKey: refundId },
        );
        return refund.id;
      } catch (err) {
        if (err instanceof Stripe.errors.StripeInvalidRequestError) {
          throw fail("REFUND_REFUSED", { provider_message: err.message }, { cause: err });
        }
        throw unavailable(err);
      }
    },
  };

  async function retrieve(providerId: string): Promise<CardOutcome> {
    try {
      return toOutcome(await stripe.paymentIntents.retrieve(providerId));
    } catch (err) {
      throw unavailable(err);
    }
  }

  /** An intent that is not in the state a call expects is looked up: the call may have been done before. */
  async function presentState(err: unknown, providerId: string): Promise<CardOutcome> {
    if (
      err instanceof Stripe.errors.StripeInvalidRequestError ||
      err instanceof Stripe.errors.StripeCardError
    ) {
      return retrieve(providerId);
    }
    throw unavailable(err);
  }
}

function hostOf(baseUrl: string): { host: string; port: string; protocol: "http" | "https" } {
  const { hostname, port, protocol } = new URL(baseUrl);
  const http = protocol === "http:";
  return { host: hostname, port: port || (http ? "80" : "443"), protocol: http ? "http" : "https" };
}

function intentOf(charge: CardCharge, returnUrl: string): Stripe.PaymentIntentCreateParams {
  const card = charge.source.startsWith("tok_")
    ? { payment_method_data: { type: "card" as const, card: { token: charge.source } } }
    : { payment_method: charge.source };
  return {
    amount: Number(charge.amount),
    currency: charge.currencyCode.toLowerCase(),
    capture_method: "manual",
    confirm: true,
    allowed_payment_method_types: ["card"],
    return_url: returnUrl,
    metadata: { order_id: charge.orderId, payment_id: charge.paymentId },
    ...(charge.email === "" ? {} : { receipt_email: charge.email }),
    ...card,
  };
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

function toOutcome(intent: Stripe.PaymentIntent): CardOutcome {
  const state = states[intent.status];
  if (state === undefined) throw new Error(`unknown PaymentIntent status ${intent.status}`);
  const error = intent.last_payment_error;
  return {
    state,
    providerId: intent.id,
    clientSecret: state === "REQUIRES_ACTION" ? (intent.client_secret ?? "") : "",
    redirectUrl: intent.next_action?.redirect_to_url?.url ?? "",
    declineCode: state === "FAILED" ? (error?.decline_code ?? error?.code ?? "declined") : "",
    declineMessage: state === "FAILED" ? (error?.message ?? "The payment failed.") : "",
  };
}

/** A declined card as an outcome; everything else as an error. */
function declined(err: unknown): CardOutcome {
  if (err instanceof Stripe.errors.StripeCardError) {
    return {
      state: "FAILED",
      providerId: err.payment_intent?.id ?? "",
      clientSecret: "",
      redirectUrl: "",
      declineCode: err.decline_code ?? err.code ?? "declined",
      declineMessage: err.message,
    };
  }
  if (err instanceof Stripe.errors.StripeInvalidRequestError) {
    throw fail("PAYMENT_METHOD_INVALID", { provider_message: err.message }, { cause: err });
  }
  throw unavailable(err);
}

function unavailable(err: unknown): unknown {
  if (
    err instanceof Stripe.errors.StripeAuthenticationError ||
    err instanceof Stripe.errors.StripePermissionError ||
    err instanceof Stripe.errors.StripeIdempotencyError
  ) {
    return fail("PROVIDER_MISCONFIGURED", {}, { cause: err });
  }
  return fail("PROVIDER_UNAVAILABLE", {}, { cause: err });
}
