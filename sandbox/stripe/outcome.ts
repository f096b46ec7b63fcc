import { type Cause, newId, type StripeContext } from "./context.ts";
import { openDispute } from "./dispute.ts";
import { StripeError } from "./errors.ts";
import type { ChargeRecord, Intent, PaymentFailure, PaymentMethodRecord } from "./records.ts";
import type { CardBehaviour } from "./test-cards.ts";

/** The bank says yes: the charge is made, and captured unless the intent captures by hand. Stores intent and method. */
export function finishPayment(
  ctx: StripeContext,
  {
    intent,
    method,
    authenticated = false,
    cause,
  }: { intent: Intent; method: PaymentMethodRecord; authenticated?: boolean; cause?: Cause | undefined },
): Intent {
  const manual = intent.capture_method === "manual" && method.type === "card";
  const charge = ctx.records.charges.insert({
    ...newCharge(ctx, intent, method),
    status: "succeeded",
    captured: !manual,
    amount_captured: manual ? 0 : intent.amount,
    ...(authenticated && { authenticated: true as const }),
  });
  const keep =
    intent.customer !== undefined && intent.setup_future_usage !== undefined && method.type === "card";
  if (!method.customer) {
    const used = { ...method, ...(keep ? { customer: intent.customer } : { spent: true as const }) };
    const record = ctx.records.methods.put(used);
    if (keep)
      ctx.emit({ type: "payment_method.attached", object: { kind: "payment_method", record }, cause });
  }
  const { next_action: _, last_error: __, ...rest } = intent;
  const paid = ctx.records.intents.put({
    ...rest,
    payment_method: method.id,
    latest_charge: charge.id,
    status: manual ? "requires_capture" : "succeeded",
    amount_capturable: manual ? intent.amount : 0,
    amount_received: manual ? 0 : intent.amount,
  });
  ctx.emit({ type: "charge.succeeded", object: { kind: "charge", record: charge }, cause });
  ctx.emit({
    type: manual ? "payment_intent.amount_capturable_updated" : "payment_intent.succeeded",
    object: { kind: "payment_intent", record: paid },
    cause,
  });
  if (!manual) openDispute(ctx, { charge, cause });
  return paid;
}

/** The bank says no: a failed charge, and the intent waits for another payment method. Stores intent and method. */
export function failPayment(
  ctx: StripeContext,
  {
    intent,
    method,
    decline,
    cause,
  }: {
    intent: Intent;
    method: PaymentMethodRecord;
    decline: Extract<CardBehaviour, { kind: "decline" }>;
    cause?: Cause | undefined;
  },
): Intent {
  const { code, declineCode, message } = decline;
  const failure = { code, message, ...(declineCode && { decline_code: declineCode }) };
  ctx.records.methods.put(method);
  const charge = ctx.records.charges.insert({
    ...newCharge(ctx, intent, method),
    status: "failed",
    captured: false,
    amount_captured: 0,
    failure,
  });
  ctx.emit({ type: "charge.failed", object: { kind: "charge", record: charge }, cause });
  return backToStart(ctx, {
    intent: { ...intent, latest_charge: charge.id },
    failure: { ...failure, charge: charge.id, method },
    cause,
  });
}

/** Takes the payment method off the intent and records why. */
export function backToStart(
  ctx: StripeContext,
  { intent, failure, cause }: { intent: Intent; failure: PaymentFailure; cause?: Cause | undefined },
): Intent {
  const { next_action: _, payment_method: __, ...rest } = intent;
  const failed = ctx.records.intents.put({ ...rest, status: "requires_payment_method", last_error: failure });
  ctx.emit({
    type: "payment_intent.payment_failed",
    object: { kind: "payment_intent", record: failed },
    cause,
  });
  return failed;
}

/** The answer (402) to the request whose payment failed. */
export function cardError(intent: Intent): StripeError {
  const failure = intent.last_error;
  return new StripeError(402, {
    type: "card_error",
    code: failure?.code ?? "card_declined",
    message: failure?.message ?? "Your card was declined.",
    ...(failure?.decline_code && { decline_code: failure.decline_code }),
    ...(failure?.charge && { charge: failure.charge }),
    ...(failure?.method && { method: failure.method }),
    intent,
  });
}

function newCharge(ctx: StripeContext, intent: Intent, method: PaymentMethodRecord) {
  return {
    id: newId("ch"),
    created: ctx.now(),
    metadata: intent.metadata,
    amount: intent.amount,
    currency: intent.currency,
    amount_refunded: 0,
    intent: intent.id,
    payment_method: method.id,
    type: method.type,
    ...(method.card && { card: method.card }),
    billing: method.billing,
    ...(intent.customer && { customer: intent.customer }),
    ...(intent.description && { description: intent.description }),
    ...(intent.receipt_email && { receipt_email: intent.receipt_email }),
    ...(intent.shipping && { shipping: intent.shipping }),
    ...(intent.statement_descriptor && { statement_descriptor: intent.statement_descriptor }),
    ...(intent.statement_descriptor_suffix && {
      statement_descriptor_suffix: intent.statement_descriptor_suffix,
    }),
  } satisfies Partial<ChargeRecord>;
}
