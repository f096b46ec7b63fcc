import type { Tx } from "../../lib/db/index.ts";
import type { IncomingEvent, StoredEvent } from "../../lib/webhooks/index.ts";
import type { CardEventPayload } from "./card-events.ts";
import type { PaymentState } from "./payment.ts";
import { findPayment, findPaymentByProviderId, findStates } from "./store-payment.ts";
import { findPaymentByPayer } from "./store-transfer.ts";
import { syncDisputes } from "./sync-disputes.ts";
import { type SyncDeps, syncWithIntent } from "./sync-intent.ts";

/**
 * Stripe's events after which a payment may stand elsewhere than before. The others say less than one of these: they
 * are kept, and not asked after.
 */
export const tellingEvents: readonly string[] = [
  "payment_intent.amount_capturable_updated",
  "payment_intent.processing",
  "payment_intent.partially_funded",
  "payment_intent.succeeded",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "customer_cash_balance_transaction.created",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.refunded",
  "charge.refund.updated",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.closed",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
];

/** The events that tell nothing new: Stripe need not be asked after them. */
export async function settleKnownEvents(
  tx: Tx,
  events: readonly IncomingEvent[],
): Promise<ReadonlySet<IncomingEvent>> {
  const telling = events.filter(isTelling);
  const states =
    telling.length === 0
      ? new Map<string, PaymentState>()
      : await findStates(
          tx,
          telling.map((event) => event.subject),
        );
  return new Set(
    events.filter((event) => {
      const state = states.get(event.subject);
      return !isTelling(event) || (state !== undefined && isKnown(event.type, state));
    }),
  );
}

/**
 * Applies an event of a payment: asks the provider for the present state and takes it over. An event about
 * something that is not ours changes nothing. Safe to repeat, in any order.
 */
export async function applyCardEvent(deps: SyncDeps, event: StoredEvent): Promise<void> {
  const { type, subject } = event;
  if (!isTelling(event)) return;
  const { paymentId } = event.payload as CardEventPayload;
  const payment =
    (await findPaymentByProviderId(deps.db, subject)) ??
    // Its answer to us was lost, or is still on its way.
    (paymentId === "" ? undefined : await findPayment(deps.db, paymentId)) ??
    (await findPaymentByPayer(deps.db, subject));
  if (payment === undefined || isKnown(type, payment.state)) return;
  if (type.startsWith("charge.dispute.")) return syncDisputes(deps, payment);
  const intent = await deps.cards.inspect(payment.providerId ?? subject);
  // Another shop's, on the same account, would name its own.
  if (intent !== undefined && intent.paymentId === payment.id) await syncWithIntent(deps, payment, intent);
}

function isTelling({ type, subject }: IncomingEvent): boolean {
  return tellingEvents.includes(type) && subject !== "";
}

/** What an event of an ordinary purchase tells is known when the purchase's own calls were quicker. */
function isKnown(type: string, state: PaymentState): boolean {
  const taken = state === "CAPTURED" || state === "REFUNDED";
  if (type === "payment_intent.succeeded") return taken;
  return type === "payment_intent.amount_capturable_updated" && (taken || state === "AUTHORIZED");
}
