import type Stripe from "stripe";
import { isInquiry } from "./dispute.ts";
import type { DisputeRecord } from "./records.ts";
import { seconds } from "./render-parts.ts";
import { cardByName } from "./test-cards.ts";

/** The kinds of evidence that a shop may give. */
export const EVIDENCE = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
] as const;

/** What Stripe takes for a dispute, in the smallest unit. */
const FEE = 1500;

export function renderDispute(dispute: DisputeRecord): Stripe.Dispute {
  const texts = Object.fromEntries(EVIDENCE.map((name) => [name, dispute.evidence[name] ?? null]));
  const brand = cardByName(dispute.card.test)?.brand ?? "visa";
  const inquiry = isInquiry(dispute);
  return {
    id: dispute.id,
    object: "dispute",
    amount: dispute.amount,
    balance_transactions: dispute.moves.map((move) => renderMove(dispute, move)),
    charge: dispute.charge,
    created: seconds(dispute.created),
    currency: dispute.currency,
    enhanced_eligibility_types: [],
    evidence: { ...texts, enhanced_evidence: {} } as Stripe.Dispute.Evidence,
    evidence_details: {
      due_by: seconds(dispute.due),
      enhanced_eligibility: {},
      has_evidence: Object.keys(dispute.evidence).length > 0,
      past_due: false,
      submission_count: dispute.submissions,
      submission_method: dispute.submissions > 0 ? "manual" : "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry || dispute.status === "won",
    livemode: false,
    metadata: dispute.metadata,
    payment_intent: dispute.intent,
    payment_method_details: {
      card: {
        brand,
        case_type: inquiry ? "inquiry" : "chargeback",
        network: brand,
        network_reason_code: dispute.reason === "fraudulent" ? "83" : "13.1",
      },
      type: "card",
    },
    reason: dispute.reason,
    status: dispute.status,
  };
}

function renderMove(
  dispute: DisputeRecord,
  { id, created, amount }: DisputeRecord["moves"][number],
): Stripe.BalanceTransaction {
  const withdrawn = amount < 0;
  const fee = withdrawn ? FEE : 0;
  return {
    id,
    object: "balance_transaction",
    amount,
    available_on: seconds(created),
    balance_type: "payments",
    created: seconds(created),
    currency: dispute.currency,
    description: withdrawn
      ? `Chargeback withdrawal for ${dispute.charge}`
      : `Chargeback reversal for ${dispute.charge}`,
    exchange_rate: null,
    fee,
    fee_details: withdrawn
      ? [
          {
            amount: fee,
            application: null,
            currency: dispute.currency,
            description: "Dispute fee",
            type: "stripe_fee",
          },
        ]
      : [],
    net: amount - fee,
    reporting_category: withdrawn ? "dispute" : "dispute_reversal",
    source: dispute.id,
    status: "available",
    type: "adjustment",
  };
}
