import Stripe from "stripe";
import { failWebhook } from "../../lib/webhooks/index.ts";
import type { CardEventPayload, CardEvents } from "./card-events.ts";

/** Seconds that a message may have been under way; the SDK's own default. */
const toleranceSeconds = 300;
const provider = "stripe";

/** Stripe's webhooks, signed with the endpoint's secret (`whsec_…`). Without one every message is refused. */
export function createStripeEvents({ secret }: { secret: string }): CardEvents {
  const { webhooks } = Stripe;
  return {
    read({ body, signature }) {
      let event: Stripe.Event;
      try {
        if (secret === "") throw new Stripe.errors.StripeSignatureVerificationError("", "");
        event = webhooks.constructEvent(Buffer.from(body), signature, secret, toleranceSeconds);
      } catch (cause) {
        if (cause instanceof Stripe.errors.StripeSignatureVerificationError) {
          throw failWebhook("WEBHOOK_SIGNATURE_INVALID", { provider }, { cause });
        }
        throw failWebhook("WEBHOOK_MALFORMED", { provider, description: "it is no event" }, { cause });
      }
      const { id, type, data } = event;
      const object = (data?.object ?? {}) as Subject;
      const payload: CardEventPayload = { paymentId: object.metadata?.["payment_id"] ?? "" };
      return { provider, providerEventId: id, type, subject: subjectOf(object), payload };
    },
  };
}

interface Subject {
  id?: unknown;
  object?: unknown;
  payment_intent?: unknown;
  customer?: unknown;
  metadata?: Record<string, string> | null;
}

/** The PaymentIntent that an event is about, whatever of it has changed; of money that came, who sent it; else the object itself. */
function subjectOf({ id, object, payment_intent: intent, customer }: Subject): string {
  if (object === "customer_cash_balance_transaction" && typeof customer === "string") return customer;
  if (object !== "payment_intent" && typeof intent === "string") return intent;
  return typeof id === "string" ? id : "";
}
