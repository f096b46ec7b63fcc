import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";

/**
 * What the sandbox stores of Stripe's objects: only what differs between them. `render.ts` makes the full
 * objects, so events and payments stay small on disk. `created` is in milliseconds; absent means null.
 */
interface StripeRecord {
  id: string;
  created: number;
  metadata: Record<string, string>;
}

export interface Address {
  city?: string | null;
  country?: string | null;
  line1?: string | null;
  line2?: string | null;
  postal_code?: string | null;
  state?: string | null;
}

export interface ShippingRecord {
  name?: string;
  phone?: string | null;
  carrier?: string | null;
  tracking_number?: string | null;
  address?: Address;
}

export interface BillingRecord {
  address?: Address;
  email?: string | null;
  name?: string | null;
  phone?: string | null;
  tax_id?: string | null;
}

export interface CustomerRecord extends StripeRecord {
  name?: string | null;
  email?: string | null;
  phone?: string | null;
  description?: string | null;
  address?: Address | null;
  shipping?: ShippingRecord | null;
  default_payment_method?: string;
  preferred_locales?: string[];
  deleted?: true;
  /** Money received by bank transfer and not yet used, by currency. */
  cash: Record<string, number>;
  /** Identifies the customer's virtual bank account; made with the first transfer instructions. */
  account?: string;
}

/** `test` names an entry of TEST_CARDS. */
export interface CardRecord {
  test: string;
  exp_month: number;
  exp_year: number;
}

export interface PaymentMethodRecord extends StripeRecord {
  type: "card" | "customer_balance";
  card?: CardRecord;
  billing: BillingRecord;
  customer?: string;
  /** Belongs to a customer that was detached or deleted, or was used up: it cannot pay again. */
  spent?: true;
}

export type IntentStatus =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "processing"
  | "requires_capture"
  | "canceled"
  | "succeeded";

export type NextAction =
  | { kind: "redirect"; return_url?: string }
  | { kind: "bank_transfer"; type: BankTransferType; reference: string; country?: string; account: string };

export type BankTransferType =
  | "us_bank_transfer"
  | "eu_bank_transfer"
  | "gb_bank_transfer"
  | "jp_bank_transfer"
  | "mx_bank_transfer";

export interface PaymentFailure {
  code: string;
  decline_code?: string;
  message: string;
  charge?: string;
  method?: PaymentMethodRecord;
}

export interface Intent extends StripeRecord {
  amount: number;
  currency: string;
  status: IntentStatus;
  secret: string;
  amount_capturable: number;
  amount_received: number;
  /** Taken from the customer's cash balance so far (bank transfers). */
  amount_funded?: number;
  capture_method: "automatic" | "automatic_async" | "manual";
  confirmation_method: "automatic" | "manual";
  automatic?: { allow_redirects: "always" | "never" };
  allowed?: string[];
  excluded?: string[];
  customer?: string;
  payment_method?: string;
  bank_transfer?: { type: BankTransferType; country?: string };
  description?: string | null;
  receipt_email?: string | null;
  statement_descriptor?: string | null;
  statement_descriptor_suffix?: string | null;
  setup_future_usage?: "off_session" | "on_session";
  shipping?: ShippingRecord | null;
  next_action?: NextAction;
  last_error?: PaymentFailure;
  latest_charge?: string;
  canceled_at?: number;
  cancellation_reason?: string;
}

export interface ChargeRecord extends StripeRecord {
  amount: number;
  currency: string;
  status: "succeeded" | "failed";
  captured: boolean;
  amount_captured: number;
  /** Refunds and, as in Stripe's own count, what was authorised but not captured. */
  amount_refunded: number;
  intent: string;
  payment_method: string;
  type: PaymentMethodRecord["type"];
  card?: CardRecord;
  billing: BillingRecord;
  customer?: string;
  failure?: { code: string; decline_code?: string; message: string };
  authenticated?: true;
  disputed?: true;
  description?: string | null;
  receipt_email?: string | null;
  shipping?: ShippingRecord | null;
  statement_descriptor?: string | null;
  statement_descriptor_suffix?: string | null;
}

export interface RefundRecord extends StripeRecord {
  amount: number;
  currency: string;
  /** Left out of what goes back out of a customer's cash balance. */
  charge?: string;
  intent?: string;
  type: PaymentMethodRecord["type"];
  reason?: "duplicate" | "fraudulent" | "requested_by_customer";
  status: "succeeded";
}

/** Stripe's own words; those that begin with `warning` are of inquiries, which have taken no money yet. */
export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "won"
  | "lost";

export interface DisputeRecord extends StripeRecord {
  amount: number;
  currency: string;
  charge: string;
  intent: string;
  card: CardRecord;
  reason: string;
  status: DisputeStatus;
  /** When the shop's answer is due; milliseconds. */
  due: number;
  evidence: Record<string, string>;
  submissions: number;
  /** What was taken from the shop (negative) and given back. */
  moves: { id: string; created: number; amount: number }[];
}

export interface CashTransactionRecord extends StripeRecord {
  customer: string;
  currency: string;
  net_amount: number;
  ending_balance: number;
  type: "funded" | "applied_to_payment" | "unapplied_from_payment" | "return_initiated";
  transfer?: { type: BankTransferType; reference?: string };
  intent?: string;
}

/** A record and the kind it is rendered as. */
export type Snapshot =
  | { kind: "payment_intent"; record: Intent }
  | { kind: "charge"; record: ChargeRecord }
  | { kind: "refund"; record: RefundRecord }
  | { kind: "dispute"; record: DisputeRecord }
  | { kind: "customer"; record: CustomerRecord }
  | { kind: "payment_method"; record: PaymentMethodRecord }
  | { kind: "customer_cash_balance_transaction"; record: CashTransactionRecord };

export interface EventRecord extends Omit<StripeRecord, "metadata"> {
  type: string;
  object: Snapshot;
  request?: { id: string; idempotency_key?: string };
}

export type Records = ReturnType<typeof openRecords>;

export function openRecords(store: Store) {
  return {
    customers: new Collection<CustomerRecord, "email">(store, {
      name: "stripe_customer",
      keys: { email: (customer) => customer.email ?? undefined },
    }),
    methods: new Collection<PaymentMethodRecord, "customer">(store, {
      name: "stripe_payment_method",
      keys: { customer: (method) => method.customer },
    }),
    intents: new Collection<Intent, "customer" | "email" | "awaiting">(store, {
      name: "stripe_payment_intent",
      keys: {
        customer: (intent) => intent.customer,
        email: (intent) => intent.receipt_email?.toLowerCase(),
        /** The customer whose bank transfer this payment waits for. */
        awaiting: (intent) =>
          intent.status === "requires_action" && intent.next_action?.kind === "bank_transfer"
            ? intent.customer
            : undefined,
      },
    }),
    charges: new Collection<ChargeRecord, "intent" | "customer">(store, {
      name: "stripe_charge",
      keys: { intent: (charge) => charge.intent, customer: (charge) => charge.customer },
    }),
    refunds: new Collection<RefundRecord, "intent" | "charge">(store, {
      name: "stripe_refund",
      keys: { intent: (refund) => refund.intent, charge: (refund) => refund.charge },
    }),
    disputes: new Collection<DisputeRecord, "intent" | "charge">(store, {
      name: "stripe_dispute",
      keys: { intent: (dispute) => dispute.intent, charge: (dispute) => dispute.charge },
    }),
    cash: new Collection<CashTransactionRecord, "customer">(store, {
      name: "stripe_cash_transaction",
      keys: { customer: (entry) => entry.customer },
    }),
    events: new Collection<EventRecord, "type">(store, {
      name: "stripe_event",
      keys: { type: (event) => event.type },
    }),
  };
}
