import type Stripe from "stripe";
import { TRANSFER_CURRENCY, TRANSFER_TYPES } from "./bank-accounts.ts";
import type { CardRecord, ChargeRecord, PaymentMethodRecord, RefundRecord } from "./records.ts";
import { renderBilling, renderShipping, seconds } from "./render-parts.ts";
import { cardByName, type TestCard } from "./test-cards.ts";

export function renderCharge(charge: ChargeRecord): Stripe.Charge {
  const { failure } = charge;
  return {
    id: charge.id,
    object: "charge",
    amount: charge.amount,
    amount_captured: charge.amount_captured,
    amount_refunded: charge.amount_refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: renderBilling(charge.billing),
    calculated_statement_descriptor: charge.statement_descriptor ?? "ROWLOCK SANDBOX",
    captured: charge.captured,
    created: seconds(charge.created),
    currency: charge.currency,
    customer: charge.customer ?? null,
    description: charge.description ?? null,
    disputed: charge.disputed ?? false,
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: failure ? "declined_by_network" : "approved_by_network",
      reason: failure ? (failure.decline_code ?? failure.code) : null,
      risk_level: "normal",
      risk_score: 12,
      seller_message: failure
        ? "The bank did not return any further details with this decline."
        : "Payment complete.",
      type: failure ? "issuer_declined" : "authorized",
    },
    paid: charge.status === "succeeded",
    payment_intent: charge.intent,
    payment_method: charge.payment_method,
    payment_method_details: charge.card
      ? { type: "card", card: renderChargedCard(charge, charge.card) }
      : { type: charge.type, [charge.type]: {} },
    radar_options: {},
    receipt_email: charge.receipt_email ?? null,
    receipt_number: null,
    receipt_url: null,
    refunded: charge.amount_refunded === charge.amount,
    review: null,
    shipping: renderShipping(charge.shipping),
    source: null,
    source_transfer: null,
    statement_descriptor: charge.statement_descriptor ?? null,
    statement_descriptor_suffix: charge.statement_descriptor_suffix ?? null,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  };
}

function renderChargedCard(
  charge: ChargeRecord,
  record: CardRecord,
): Stripe.Charge.PaymentMethodDetails.Card {
  const card = testCard(record);
  return {
    ...plainCard(card, record),
    amount_authorized: charge.status === "succeeded" ? charge.amount : null,
    authorization_code: null,
    ...(!charge.captured &&
      charge.status === "succeeded" && { capture_before: seconds(charge.created) + 7 * 86_400 }),
    electronic_commerce_indicator: null,
    extended_authorization: { status: "disabled" },
    incremental_authorization: { status: "unavailable" },
    installments: null,
    mandate: null,
    multicapture: { status: "unavailable" },
    network: card.brand,
    network_token: { used: false },
    network_transaction_id: charge.id.slice(-15),
    overcapture: { maximum_amount_capturable: charge.amount, status: "unavailable" },
    regulated_status: "unregulated",
    three_d_secure: charge.authenticated
      ? {
          authentication_flow: "challenge",
          electronic_commerce_indicator: "05",
          exemption_indicator: null,
          result: "authenticated",
          result_reason: null,
          transaction_id: null,
          version: "2.2.0",
        }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
}

export function renderPaymentMethod(method: PaymentMethodRecord): Stripe.PaymentMethod {
  return {
    id: method.id,
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: renderBilling(method.billing),
    ...(method.card ? { card: renderSavedCard(method.card) } : { [method.type]: {} }),
    created: seconds(method.created),
    customer: method.customer ?? null,
    customer_account: null,
    livemode: false,
    metadata: method.metadata,
    type: method.type,
  };
}

function renderSavedCard(record: CardRecord): Stripe.PaymentMethod.Card {
  const card = testCard(record);
  return {
    ...plainCard(card, record),
    display_brand: card.brand,
    generated_from: null,
    networks: { available: [card.brand], preferred: null },
    regulated_status: "unregulated",
    three_d_secure_usage: { supported: true },
    wallet: null,
  };
}

function plainCard(card: TestCard, record: CardRecord) {
  return {
    brand: card.brand,
    checks: {
      address_line1_check: null,
      address_postal_code_check: null,
      cvc_check: card.name === "chargeDeclinedIncorrectCvc" ? "fail" : "pass",
    },
    country: card.country,
    exp_month: record.exp_month,
    exp_year: record.exp_year,
    fingerprint: `sandbox${card.number.slice(-9)}`,
    funding: card.funding,
    last4: card.number.slice(-4),
  };
}

function testCard(record: CardRecord): TestCard {
  const card = cardByName(record.test);
  if (!card) throw new Error(`the stored card ${record.test} is not a test card`);
  return card;
}

export function renderRefund(refund: RefundRecord): Stripe.Refund {
  return {
    id: refund.id,
    object: "refund",
    amount: refund.amount,
    balance_transaction: null,
    charge: refund.charge ?? null,
    created: seconds(refund.created),
    currency: refund.currency,
    customer: null,
    customer_account: null,
    destination_details:
      refund.type === "card"
        ? {
            card: {
              reference_status: "pending",
              reference_type: "acquirer_reference_number",
              type: "refund",
            },
            type: "card",
          }
        : toBankAccount(refund.currency),
    metadata: refund.metadata,
    payment_intent: refund.intent ?? null,
    payment_method: null,
    reason: refund.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

/** Money of a bank transfer goes back to the account it came from. */
function toBankAccount(currency: string): Stripe.Refund.DestinationDetails {
  const type = TRANSFER_TYPES.find((each) => TRANSFER_CURRENCY[each] === currency) ?? "us_bank_transfer";
  return { [type]: { reference: null, reference_status: "pending" }, type };
}
