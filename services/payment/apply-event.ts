import type { StoredEvent } from "../../lib/webhooks/index.ts";
import type { CardEventPayload } from "./card-events.ts";
import type { PaymentState } from "./payment.ts";
import { findPayment, findPaymentByProviderId } from "./store-payment.ts";
import { type SyncDeps, syncWithIntent } from "./sync-intent.ts";

/**
 * Stripe's events after which a payment may stand elsewhere than before. The others say less than one of these: they
 * are kept, and not asked after.
 */
export const tellingEvents: readonly string[] = [
  "payment_intent.amount_capturable_updated",
  "payment_intent.processing",
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.refunded",
  "charge.refund.updated",
];

/**
 * Applies an event of a card payment: asks the provider for the present state and takes it over. An event about
 * something that is not ours changes nothing. Safe to repeat, in any order.
 */
export async function applyCardEvent(deps: SyncDeps, event: StoredEvent): Promise<void> {
  const { type, subject } = event;
  if (!tellingEvents.includes(type) || subject === "") return;
  const { paymentId } = event.payload as CardEventPayload;
  const payment =
    (await findPaymentByProviderId(deps.db, subject)) ??
    // Its answer to us was lost, or is still on its way.
    (paymentId === "" ? undefined : await findPayment(deps.db, paymentId));
  if (payment === undefined || isKnown(type, payment.state)) return;
  const intent = await deps.cards.inspect(subject);
  // Another shop's, on the same account, would name its own.
  if (intent !== undefined && intent.paymentId === payment.id) await syncWithIntent(deps, payment, intent);
}

/** What an event of an ordinary purchase tells is known when the purchase's own calls were quicker. */
function isKnown(type: string, state: PaymentState): boolean {
  const taken = state === "CAPTURED" || state === "REFUNDED";
  if (type === "payment_intent.succeeded") return taken;
  return type === "payment_intent.amount_capturable_updated" && (taken || state === "AUTHORIZED");
}
