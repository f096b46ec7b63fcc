import { book, confirmBankTransfer } from "./bank-transfer.ts";
import { type Cause, customerOf, type StripeContext } from "./context.ts";
import { openDispute } from "./dispute.ts";
import { refused, StripeError } from "./errors.ts";
import { backToStart, cardError, failPayment, finishPayment } from "./outcome.ts";
import { SPENT } from "./payment-methods.ts";
import type { Intent, IntentStatus, PaymentMethodRecord } from "./records.ts";
import { intentMethodTypes } from "./render.ts";
import { cardByName } from "./test-cards.ts";

/** The states from which each operation is possible (docs.stripe.com/payments/paymentintents/lifecycle). */
const FROM = {
  confirm: ["requires_payment_method", "requires_confirmation", "requires_action"],
  capture: ["requires_capture"],
  cancel: [
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
  ],
} as const satisfies Record<string, readonly IntentStatus[]>;

const DONE = { confirm: "confirmed", capture: "captured", cancel: "canceled" } as const;

function check(intent: Intent, operation: keyof typeof FROM): void {
  const allowed: readonly IntentStatus[] = FROM[operation];
  if (allowed.includes(intent.status)) return;
  throw refused({
    message:
      `This PaymentIntent could not be ${DONE[operation]} because it has a status of ${intent.status}. ` +
      `Only a PaymentIntent with one of the following statuses may be ${DONE[operation]}: ${allowed.join(", ")}.`,
    code: "payment_intent_unexpected_state",
    intent,
  });
}

/**
 * Tries to pay. A declined card is thrown (402) after the failed attempt is recorded; the caller keeps what
 * was written then.
 */
export function confirmIntent(
  ctx: StripeContext,
  {
    intent,
    method,
    returnUrl,
    offSession = false,
    errorOnAction = false,
    cause,
  }: {
    intent: Intent;
    method: PaymentMethodRecord | undefined;
    returnUrl?: string | undefined;
    offSession?: boolean;
    errorOnAction?: boolean;
    cause: Cause;
  },
): Intent {
  check(intent, "confirm");
  if (!method) {
    throw refused({
      message:
        "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.",
      code: "payment_intent_unexpected_state",
      intent,
    });
  }
  checkMethod(intent, method);
  if (intent.automatic?.allow_redirects === "always" && returnUrl === undefined) {
    throw refused({
      message:
        "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
      param: "return_url",
    });
  }
  if (method.type === "customer_balance") return confirmBankTransfer(ctx, { intent, method, cause });

  const behaviour = cardByName(method.card?.test ?? "")?.behaviour;
  if (!behaviour) throw new Error(`payment method ${method.id} has no card`);
  switch (behaviour.kind) {
    case "approve":
      return finishPayment(ctx, { intent, method, cause });
    case "decline":
      throw cardError(failPayment(ctx, { intent, method, decline: behaviour, cause }));
    case "challenge": {
      if (offSession || errorOnAction) {
        const decline = {
          kind: "decline" as const,
          code: "authentication_required",
          declineCode: "authentication_required",
          message: "Your card was declined. This transaction requires authentication.",
        };
        throw cardError(failPayment(ctx, { intent, method, decline, cause }));
      }
      const { last_error: _, ...rest } = intent;
      ctx.records.methods.put(method);
      const waiting = ctx.records.intents.put({
        ...rest,
        payment_method: method.id,
        status: "requires_action",
        next_action: { kind: "redirect", ...(returnUrl !== undefined && { return_url: returnUrl }) },
      });
      ctx.emit({
        type: "payment_intent.requires_action",
        object: { kind: "payment_intent", record: waiting },
        cause,
      });
      return waiting;
    }
  }
}

function checkMethod(intent: Intent, method: PaymentMethodRecord): void {
  if (!intentMethodTypes(intent).includes(method.type)) {
    throw refused({
      message: `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${intentMethodTypes(intent).join(", ")}.`,
      param: "payment_method",
    });
  }
  if (method.spent) throw refused({ message: SPENT, code: "payment_method_unexpected_state" });
  if (method.customer !== undefined && method.customer !== intent.customer) {
    throw refused({
      message: intent.customer
        ? "The provided PaymentMethod does not belong to the Customer of this PaymentIntent."
        : `The provided PaymentMethod belongs to a Customer. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`,
      param: "payment_method",
    });
  }
}

/** The payer's answer on the authentication page. Undefined when the intent does not wait for one. */
export function authenticate(
  ctx: StripeContext,
  { id, approved }: { id: string; approved: boolean },
): Intent | undefined {
  const intent = ctx.records.intents.get(id);
  const method = ctx.records.methods.get(intent?.payment_method ?? "");
  if (!intent || !method || intent.status !== "requires_action" || intent.next_action?.kind !== "redirect") {
    return undefined;
  }
  const behaviour = cardByName(method.card?.test ?? "")?.behaviour;
  if (!approved || behaviour?.kind !== "challenge") {
    return backToStart(ctx, {
      intent,
      failure: {
        code: "payment_intent_authentication_failure",
        message:
          "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
        method,
      },
    });
  }
  return behaviour.after.kind === "decline"
    ? failPayment(ctx, { intent, method, decline: behaviour.after })
    : finishPayment(ctx, { intent, method, authenticated: true });
}

/** Takes the authorised money, or a part of it; the rest is released. */
export function captureIntent(
  ctx: StripeContext,
  { intent, amount, cause }: { intent: Intent; amount: number | undefined; cause: Cause },
): Intent {
  check(intent, "capture");
  const captured = amount ?? intent.amount_capturable;
  if (captured > intent.amount_capturable) {
    throw refused({
      message: `The amount_to_capture (${captured}) is greater than the PaymentIntent's amount_capturable (${intent.amount_capturable}).`,
      code: "amount_too_large",
      param: "amount_to_capture",
      intent,
    });
  }
  const charge = ctx.records.charges.get(intent.latest_charge ?? "");
  if (!charge) throw new Error(`payment intent ${intent.id} has lost its charge`);
  const settled = ctx.records.charges.put({
    ...charge,
    captured: true,
    amount_captured: captured,
    amount_refunded: charge.amount - captured,
  });
  const paid = ctx.records.intents.put({
    ...intent,
    status: "succeeded",
    amount_capturable: 0,
    amount_received: captured,
  });
  ctx.emit({ type: "charge.captured", object: { kind: "charge", record: settled }, cause });
  ctx.emit({ type: "payment_intent.succeeded", object: { kind: "payment_intent", record: paid }, cause });
  openDispute(ctx, { charge: settled, cause });
  return paid;
}

/** Ends an unpaid intent: an authorisation is released, part payments go back to the cash balance. */
export function cancelIntent(
  ctx: StripeContext,
  { intent, reason, cause }: { intent: Intent; reason: string | undefined; cause: Cause },
): Intent {
  check(intent, "cancel");
  const charge =
    intent.status === "requires_capture" ? ctx.records.charges.get(intent.latest_charge ?? "") : undefined;
  if (charge) {
    const released = ctx.records.charges.put({ ...charge, amount_refunded: charge.amount });
    ctx.emit({ type: "charge.refunded", object: { kind: "charge", record: released }, cause });
  }
  if (intent.amount_funded && intent.customer) {
    book(ctx, {
      customer: customerOf(ctx, { id: intent.customer, param: "customer" }),
      currency: intent.currency,
      amount: intent.amount_funded,
      entry: { type: "unapplied_from_payment", intent: intent.id },
      cause,
    });
  }
  const { next_action: _, amount_funded: __, ...rest } = intent;
  const canceled = ctx.records.intents.put({
    ...rest,
    status: "canceled",
    amount_capturable: 0,
    canceled_at: ctx.now(),
    ...(reason && { cancellation_reason: reason }),
  });
  ctx.emit({ type: "payment_intent.canceled", object: { kind: "payment_intent", record: canceled }, cause });
  return canceled;
}

export function isDeclined(err: unknown): err is StripeError {
  return err instanceof StripeError && err.status === 402;
}
