import { randomInt } from "node:crypto";
import { TRANSFER_CURRENCY } from "./bank-accounts.ts";
import { type Cause, customerOf, newId, type StripeContext } from "./context.ts";
import { refused } from "./errors.ts";
import { finishPayment } from "./outcome.ts";
import type {
  BankTransferType,
  CashTransactionRecord,
  CustomerRecord,
  Intent,
  PaymentMethodRecord,
} from "./records.ts";

/**
 * Confirms a payment by bank transfer: what the customer's cash balance holds is used at once, the rest is
 * awaited, and the intent tells where to send it.
 */
export function confirmBankTransfer(
  ctx: StripeContext,
  { intent, method, cause }: { intent: Intent; method: PaymentMethodRecord; cause?: Cause },
): Intent {
  const transfer = intent.bank_transfer;
  if (!intent.customer) {
    throw refused({
      message: "A customer is required to pay with a payment method of type 'customer_balance'.",
      code: "parameter_missing",
      param: "customer",
    });
  }
  if (!transfer) {
    throw refused({
      message: "Missing required param: payment_method_options[customer_balance][funding_type].",
      code: "parameter_missing",
      param: "payment_method_options[customer_balance][funding_type]",
    });
  }
  if (TRANSFER_CURRENCY[transfer.type] !== intent.currency) {
    throw refused({
      message: `The currency ${intent.currency} cannot be paid by ${transfer.type}.`,
      param: "payment_method_options[customer_balance][bank_transfer][type]",
    });
  }
  let customer = customerOf(ctx, { id: intent.customer, param: "customer" });
  if (!customer.account) {
    customer = ctx.records.customers.put({ ...customer, account: String(randomInt(1e11, 1e12)) });
  }
  const { last_error: _, ...rest } = intent;
  ctx.records.methods.put(method);
  const waiting = ctx.records.intents.put({
    ...rest,
    payment_method: method.id,
    status: "requires_action",
    next_action: {
      kind: "bank_transfer",
      reference: reference(),
      account: customer.account ?? "",
      ...transfer,
    },
  });
  if ((customer.cash[intent.currency] ?? 0) > 0) return applyFunds(ctx, { intent: waiting, customer, cause });
  ctx.emit({
    type: "payment_intent.requires_action",
    object: { kind: "payment_intent", record: waiting },
    cause,
  });
  return waiting;
}

/**
 * Books money that arrived at a customer's virtual account, then pays what waits for it: the payment whose
 * reference the transfer names, then one of exactly the amount, then the oldest. What is left stays in the
 * cash balance.
 */
export function fundCashBalance(
  ctx: StripeContext,
  {
    customer,
    amount,
    currency,
    reference,
    cause,
  }: { customer: CustomerRecord; amount: number; currency: string; reference?: string; cause?: Cause },
): CashTransactionRecord {
  const type = Object.entries(TRANSFER_CURRENCY).find(([, money]) => money === currency)?.[0];
  if (!type) throw refused({ message: `The currency ${currency} cannot be transferred.`, param: "currency" });
  const funded = book(ctx, {
    customer,
    currency,
    amount,
    entry: { type: "funded", transfer: { type: type as BankTransferType, ...(reference && { reference }) } },
    cause,
  });
  let owner = funded.customer;
  while ((owner.cash[currency] ?? 0) > 0) {
    const next = nextToPay(ctx, { customer: owner, currency, reference });
    if (!next) break;
    applyFunds(ctx, { intent: next, customer: owner, cause });
    owner = customerOf(ctx, { id: owner.id, param: "customer" });
  }
  return funded.entry;
}

function nextToPay(
  ctx: StripeContext,
  {
    customer,
    currency,
    reference,
  }: { customer: CustomerRecord; currency: string; reference: string | undefined },
): Intent | undefined {
  const waiting = ctx.records.intents
    .page({ where: { awaiting: customer.id }, limit: 100 })
    .items.filter((intent) => intent.currency === currency);
  const cash = customer.cash[currency] ?? 0;
  return (
    waiting.find(
      ({ next_action }) => next_action?.kind === "bank_transfer" && next_action.reference === reference,
    ) ??
    waiting.find((intent) => intent.amount - (intent.amount_funded ?? 0) === cash) ??
    waiting.at(-1)
  );
}

function applyFunds(
  ctx: StripeContext,
  { intent, customer, cause }: { intent: Intent; customer: CustomerRecord; cause?: Cause | undefined },
): Intent {
  const already = intent.amount_funded ?? 0;
  const used = Math.min(customer.cash[intent.currency] ?? 0, intent.amount - already);
  book(ctx, {
    customer,
    currency: intent.currency,
    amount: -used,
    entry: { type: "applied_to_payment", intent: intent.id },
    cause,
  });
  const funded = ctx.records.intents.put({ ...intent, amount_funded: already + used });
  if (funded.amount_funded === intent.amount) {
    const method = ctx.records.methods.get(intent.payment_method ?? "");
    if (!method) throw new Error(`payment intent ${intent.id} has lost its payment method`);
    return finishPayment(ctx, { intent: funded, method, cause });
  }
  ctx.emit({
    type: "payment_intent.partially_funded",
    object: { kind: "payment_intent", record: funded },
    cause,
  });
  return funded;
}

/** Moves money into (or, negative, out of) a customer's cash balance. */
export function book(
  ctx: StripeContext,
  {
    customer,
    currency,
    amount,
    entry,
    cause,
  }: {
    customer: CustomerRecord;
    currency: string;
    amount: number;
    entry: Pick<CashTransactionRecord, "type" | "transfer" | "intent">;
    cause: Cause | undefined;
  },
): { customer: CustomerRecord; entry: CashTransactionRecord } {
  const balance = (customer.cash[currency] ?? 0) + amount;
  const owner = ctx.records.customers.put({ ...customer, cash: { ...customer.cash, [currency]: balance } });
  const booked = ctx.records.cash.insert({
    ...entry,
    id: newId("ccsbtxn"),
    created: ctx.now(),
    metadata: {},
    customer: owner.id,
    currency,
    net_amount: amount,
    ending_balance: balance,
  });
  ctx.emit({
    type: "customer_cash_balance_transaction.created",
    object: { kind: "customer_cash_balance_transaction", record: booked },
    cause,
  });
  return { customer: owner, entry: booked };
}

/** What a payer writes on the transfer: letters and digits that are hard to confuse. */
function reference(): string {
  const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  return Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join("");
}
