import type Stripe from "stripe";
import type { CashTransactionRecord, CustomerRecord } from "./records.ts";
import { renderAddress, renderShipping, seconds } from "./render-parts.ts";

export function renderCustomer(customer: CustomerRecord): Stripe.Customer | Stripe.DeletedCustomer {
  if (customer.deleted) return { id: customer.id, object: "customer", deleted: true };
  return {
    id: customer.id,
    object: "customer",
    address: customer.address ? renderAddress(customer.address) : null,
    balance: 0,
    created: seconds(customer.created),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: customer.description ?? null,
    discount: null,
    email: customer.email ?? null,
    invoice_prefix: customer.id.slice(-8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: customer.default_payment_method ?? null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: customer.metadata,
    name: customer.name ?? null,
    next_invoice_sequence: 1,
    phone: customer.phone ?? null,
    preferred_locales: customer.preferred_locales ?? [],
    shipping: renderShipping(customer.shipping),
    tax_exempt: "none",
    test_clock: null,
  };
}

export function renderCashBalance(customer: CustomerRecord): Stripe.CashBalance {
  const funds = Object.entries(customer.cash).filter(([, amount]) => amount !== 0);
  return {
    object: "cash_balance",
    available: funds.length > 0 ? Object.fromEntries(funds) : null,
    customer: customer.id,
    customer_account: null,
    livemode: false,
    settings: { reconciliation_mode: "automatic", using_merchant_default: true },
  };
}

export function renderCashTransaction(entry: CashTransactionRecord): Stripe.CustomerCashBalanceTransaction {
  return {
    id: entry.id,
    object: "customer_cash_balance_transaction",
    created: seconds(entry.created),
    currency: entry.currency,
    customer: entry.customer,
    customer_account: null,
    ending_balance: entry.ending_balance,
    ...(entry.transfer && {
      funded: { bank_transfer: { reference: entry.transfer.reference ?? null, type: entry.transfer.type } },
    }),
    ...(entry.intent && { [entry.type]: { payment_intent: entry.intent } }),
    livemode: false,
    net_amount: entry.net_amount,
    type: entry.type,
  };
}
