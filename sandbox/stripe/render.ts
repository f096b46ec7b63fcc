import type Stripe from "stripe";
import { financialAddresses } from "./bank-accounts.ts";
import type { EventRecord, Intent, NextAction, PaymentFailure, Snapshot } from "./records.ts";
import { renderCharge, renderPaymentMethod, renderRefund } from "./render-charge.ts";
import { renderCashTransaction, renderCustomer } from "./render-customer.ts";
import { renderDispute } from "./render-dispute.ts";
import { renderShipping, seconds } from "./render-parts.ts";

export const API_VERSION = "2026-10-28.endive";

/** Where this sandbox can be reached, for the URLs inside objects. */
export interface Links {
  baseUrl(): string;
}

function renderSnapshot(snapshot: Snapshot, links: Links): object {
  switch (snapshot.kind) {
    case "payment_intent":
      return renderIntent(snapshot.record, links);
    case "charge":
      return renderCharge(snapshot.record);
    case "refund":
      return renderRefund(snapshot.record);
    case "dispute":
      return renderDispute(snapshot.record);
    case "customer":
      return renderCustomer(snapshot.record);
    case "payment_method":
      return renderPaymentMethod(snapshot.record);
    case "customer_cash_balance_transaction":
      return renderCashTransaction(snapshot.record);
  }
}

export function renderIntent(intent: Intent, links: Links): Stripe.PaymentIntent {
  return {
    id: intent.id,
    object: "payment_intent",
    allowed_payment_method_types: intent.allowed ?? null,
    amount: intent.amount,
    amount_capturable: intent.amount_capturable,
    amount_details: { tip: {} },
    amount_received: intent.amount_received,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: intent.automatic ? { ...intent.automatic, enabled: true } : null,
    canceled_at: intent.canceled_at === undefined ? null : seconds(intent.canceled_at),
    cancellation_reason: intent.cancellation_reason ?? null,
    capture_method: intent.capture_method,
    client_secret: `${intent.id}_secret_${intent.secret}`,
    confirmation_method: intent.confirmation_method,
    created: seconds(intent.created),
    currency: intent.currency,
    customer: intent.customer ?? null,
    customer_account: null,
    description: intent.description ?? null,
    excluded_payment_method_types: intent.excluded ?? null,
    last_payment_error: intent.last_error ? renderFailure(intent.last_error) : null,
    latest_charge: intent.latest_charge ?? null,
    livemode: false,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: intent.next_action ? renderNextAction(intent, intent.next_action, links) : null,
    on_behalf_of: null,
    payment_method: intent.payment_method ?? null,
    payment_method_configuration_details: null,
    payment_method_options: renderMethodOptions(intent),
    payment_method_types: intentMethodTypes(intent),
    payment_record: null,
    processing: null,
    receipt_email: intent.receipt_email ?? null,
    review: null,
    setup_future_usage: intent.setup_future_usage ?? null,
    shipping: renderShipping(intent.shipping),
    source: null,
    statement_descriptor: intent.statement_descriptor ?? null,
    statement_descriptor_suffix: intent.statement_descriptor_suffix ?? null,
    status: intent.status,
    transfer_data: null,
    transfer_group: null,
  };
}

/** The types of payment method that may pay this intent. */
export function intentMethodTypes(intent: Pick<Intent, "allowed" | "excluded">): string[] {
  const types = intent.allowed ?? ["card"];
  return types.filter((type) => !intent.excluded?.includes(type));
}

function renderMethodOptions(intent: Intent): Stripe.PaymentIntent["payment_method_options"] {
  return {
    ...(intentMethodTypes(intent).includes("card") && {
      card: {
        installments: null,
        mandate_options: null,
        network: null,
        request_three_d_secure: "automatic" as const,
      },
    }),
    ...(intent.bank_transfer && {
      customer_balance: {
        funding_type: "bank_transfer" as const,
        bank_transfer: {
          type: intent.bank_transfer.type,
          ...(intent.bank_transfer.country && {
            eu_bank_transfer: { country: intent.bank_transfer.country as "DE" },
          }),
        },
      },
    }),
  };
}

function renderNextAction(intent: Intent, action: NextAction, links: Links): Stripe.PaymentIntent.NextAction {
  if (action.kind === "redirect") {
    return {
      type: "redirect_to_url",
      redirect_to_url: {
        url: `${links.baseUrl()}/sandbox/3ds/${intent.id}`,
        return_url: action.return_url ?? null,
      },
    };
  }
  return {
    type: "display_bank_transfer_instructions",
    display_bank_transfer_instructions: {
      amount_remaining: intent.amount - (intent.amount_funded ?? 0),
      currency: intent.currency,
      financial_addresses: financialAddresses(action),
      hosted_instructions_url: `${links.baseUrl()}/sandbox/payments?id=${intent.id}`,
      reference: action.reference,
      type: action.type,
    },
  };
}

/** `Stripe.PaymentIntent.LastPaymentError` and the `error` of an answer share these fields. */
function renderFailure(failure: PaymentFailure): Stripe.PaymentIntent.LastPaymentError {
  return {
    type: failure.code === "payment_intent_authentication_failure" ? "invalid_request_error" : "card_error",
    code: failure.code,
    ...(failure.decline_code && { decline_code: failure.decline_code }),
    doc_url: `https://docs.stripe.com/error-codes/${failure.code.replaceAll("_", "-")}`,
    message: failure.message,
    ...(failure.charge && { charge: failure.charge }),
    ...(failure.method && {
      payment_method: renderPaymentMethod(failure.method),
    }),
  };
}

export function renderEvent(
  event: EventRecord,
  { links, pending }: { links: Links; pending: number },
): object {
  return {
    id: event.id,
    object: "event",
    api_version: API_VERSION,
    created: seconds(event.created),
    data: { object: renderSnapshot(event.object, links) },
    livemode: false,
    pending_webhooks: pending,
    request: { id: event.request?.id ?? null, idempotency_key: event.request?.idempotency_key ?? null },
    type: event.type,
  };
}
