import { type Call, type Cause, customerOf, newId, type Route, type StripeContext } from "./context.ts";
import { invalidParam, missingObject, refused, StripeError } from "./errors.ts";
import { listPage } from "./listing.ts";
import {
  billingDetails,
  group,
  ignored,
  integer,
  list,
  mergeMetadata,
  metadata,
  oneOf,
  type Param,
  paging,
  readParams,
  text,
} from "./params.ts";
import type { CardRecord, PaymentMethodRecord } from "./records.ts";
import { renderPaymentMethod } from "./render-charge.ts";
import { cardByName, cardByNumber, isCardNumber } from "./test-cards.ts";

const TYPES = ["card", "customer_balance"] as const;

/** `payment_method_data` of intents; payment_methods/create has the same fields and a few more. */
const dataShape = {
  type: oneOf(TYPES),
  card: group({
    number: text(),
    exp_month: integer({ min: 1, max: 12 }),
    exp_year: integer(),
    cvc: text(),
    token: text(),
    networks: ignored,
  }),
  customer_balance: ignored,
  billing_details: billingDetails,
  metadata,
  radar_options: ignored,
};
export const paymentMethodData = group(dataShape);
export type PaymentMethodData = ReturnType<typeof paymentMethodData>;

export function paymentMethodRoutes(ctx: StripeContext): Route[] {
  const { methods } = ctx.records;
  const one = "/v1/payment_methods/:id";
  return [
    { method: "POST", path: "/v1/payment_methods", endpoint: create },
    { method: "GET", path: "/v1/payment_methods", endpoint: listMethods },
    { method: "GET", path: one, endpoint: retrieve },
    { method: "POST", path: one, endpoint: update },
    { method: "POST", path: `${one}/attach`, endpoint: attachTo },
    { method: "POST", path: `${one}/detach`, endpoint: detachFrom },
    { method: "GET", path: "/v1/customers/:customer/payment_methods", endpoint: listMethods },
  ];

  function create({ params }: Call) {
    const data = readParams({
      shape: { ...dataShape, expand: list(text()) },
      required: ["type"],
      values: params,
    });
    return () => renderPaymentMethod(methods.insert(newMethod(ctx, data)));
  }

  function retrieve({ params, path }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => {
      const method = methodOf(ctx, { id: path["id"] ?? "", param: "id" });
      return renderPaymentMethod(method.id === path["id"] ? method : methods.insert(method));
    };
  }

  function update({ params, path }: Call) {
    const input = readParams({
      shape: {
        billing_details: billingDetails,
        metadata,
        card: group({ exp_month: integer({ min: 1, max: 12 }), exp_year: integer() }),
        expand: list(text()),
      },
      values: params,
    });
    return () => {
      const method = methodOf(ctx, { id: path["id"] ?? "", param: "id" });
      if (!method.customer) {
        throw refused({
          message: "You must save this PaymentMethod to a customer before you can update it.",
        });
      }
      return renderPaymentMethod(
        methods.put({
          ...method,
          billing: { ...method.billing, ...input.billing_details },
          metadata: mergeMetadata(method.metadata, input.metadata ?? {}),
          ...(method.card && { card: { ...method.card, ...input.card } }),
        }),
      );
    };
  }

  function attachTo({ params, path, cause }: Call) {
    const input = readParams({
      shape: { customer: text(), expand: list(text()) },
      required: ["customer"],
      values: params,
    });
    return () => {
      const customer = customerOf(ctx, { id: input.customer ?? "", param: "customer" });
      const method = methodOf(ctx, { id: path["id"] ?? "", param: "id" });
      const attached = attach(ctx, { method, customer: customer.id });
      ctx.emit({
        type: "payment_method.attached",
        object: { kind: "payment_method", record: attached },
        cause,
      });
      return renderPaymentMethod(attached);
    };
  }

  function detachFrom({ params, path, cause }: Call) {
    readParams({ shape: { expand: list(text()) }, values: params });
    return () => {
      const method = methodOf(ctx, { id: path["id"] ?? "", param: "id" });
      if (!method.customer) {
        throw refused({
          message:
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        });
      }
      return renderPaymentMethod(detach(ctx, { method, cause }));
    };
  }

  function listMethods({ params, path }: Call) {
    const input = readParams({
      shape: { ...paging, type: oneOf(TYPES), ...(path["customer"] ? {} : { customer: text() }) },
      values: params,
    });
    const id = path["customer"] ?? (input as { customer?: string }).customer;
    return () => {
      if (id === undefined)
        throw invalidParam({
          message: "Missing required param: customer.",
          code: "parameter_missing",
          param: "customer",
        });
      const customer = customerOf(ctx, { id, param: path["customer"] ? "id" : "customer" });
      return listPage({
        collection: methods,
        kind: "payment_method",
        url: path["customer"] ? `/v1/customers/${id}/payment_methods` : "/v1/payment_methods",
        where: { customer: customer.id },
        params: input,
        render: renderPaymentMethod,
      });
    };
  }
}

/**
 * The stored method of this id, or for `pm_card_visa` and its like a new one, as in Stripe's test mode; the
 * caller stores what it uses.
 */
export function methodOf(
  ctx: StripeContext,
  { id, param }: { id: string; param: string },
): PaymentMethodRecord {
  const card = id.startsWith("pm_card_") ? cardByName(id.slice("pm_card_".length)) : undefined;
  if (card) {
    return {
      id: newId("pm"),
      created: ctx.now(),
      metadata: {},
      type: "card",
      card: newCard(ctx, card.name),
      billing: {},
    };
  }
  const method = ctx.records.methods.get(id);
  if (!method) throw missingObject({ kind: "PaymentMethod", id, param });
  return method;
}

/** Makes a method of what a request says; the caller stores it. */
export function newMethod(ctx: StripeContext, data: PaymentMethodData): PaymentMethodRecord {
  const base = {
    id: newId("pm"),
    created: ctx.now(),
    metadata: data.metadata ?? {},
    billing: data.billing_details ?? {},
  };
  if (data.type === "customer_balance") return { ...base, type: "customer_balance" };
  if (!data.card) {
    throw invalidParam({
      message: "Missing required param: card.",
      code: "parameter_missing",
      param: "card",
    });
  }
  return { ...base, type: "card", card: readCard(ctx, data.card) };
}

/** Saves a method for a customer's later payments. A card the bank declines cannot be saved (402). */
export function attach(
  ctx: StripeContext,
  { method, customer }: { method: PaymentMethodRecord; customer: string },
): PaymentMethodRecord {
  if (method.customer === customer) return method;
  if (method.customer) {
    throw refused({ message: "The payment method you provided has already been attached to a customer." });
  }
  if (method.spent) throw refused({ message: SPENT, code: "payment_method_unexpected_state" });
  const behaviour = method.card && cardByName(method.card.test)?.behaviour;
  if (behaviour?.kind === "decline") {
    throw new StripeError(402, {
      type: "card_error",
      code: behaviour.code,
      ...(behaviour.declineCode && { decline_code: behaviour.declineCode }),
      message: behaviour.message,
    });
  }
  return ctx.records.methods.put({ ...method, customer });
}

/** Takes a method off its customer; it cannot pay again. */
export function detach(
  ctx: StripeContext,
  { method, cause }: { method: PaymentMethodRecord; cause: Cause },
): PaymentMethodRecord {
  const { customer: _, ...rest } = method;
  const record = ctx.records.methods.put({ ...rest, spent: true });
  ctx.emit({ type: "payment_method.detached", object: { kind: "payment_method", record }, cause });
  return record;
}

/** The methods saved for a customer. */
export function methodsOf(ctx: StripeContext, customer: string): PaymentMethodRecord[] {
  return ctx.records.methods.page({ where: { customer }, limit: 10_000 }).items;
}

export const SPENT =
  "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was detached from a Customer. It may not be used again.";

function newCard(ctx: StripeContext, test: string): CardRecord {
  return { test, exp_month: 12, exp_year: new Date(ctx.now()).getUTCFullYear() + 3 };
}

type CardData = NonNullable<PaymentMethodData["card"]>;

function readCard(ctx: StripeContext, data: CardData): CardRecord {
  if (data.token !== undefined) {
    const card = data.token.startsWith("tok_") ? cardByName(data.token.slice("tok_".length)) : undefined;
    if (!card) throw missingObject({ kind: "token", id: data.token, param: "card[token]" });
    return newCard(ctx, card.name);
  }
  const { number, exp_month, exp_year, cvc } = data;
  for (const [name, value] of Object.entries({ number, exp_month, exp_year })) {
    if (value === undefined) {
      const param = `card[${name}]`;
      throw invalidParam({ message: `Missing required param: ${param}.`, code: "parameter_missing", param });
    }
  }
  const digits = (number ?? "").replaceAll(/[ -]/g, "");
  if (!isCardNumber(digits))
    throw cardRefused("incorrect_number", "Your card number is incorrect.", "number");
  const now = new Date(ctx.now());
  const year = (exp_year ?? 0) < 100 ? 2000 + (exp_year ?? 0) : (exp_year ?? 0);
  if (year < now.getUTCFullYear() || year > now.getUTCFullYear() + 50) {
    throw cardRefused("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year");
  }
  if (year === now.getUTCFullYear() && (exp_month ?? 0) < now.getUTCMonth() + 1) {
    throw cardRefused("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month");
  }
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc)) {
    throw cardRefused("invalid_cvc", "Your card's security code is invalid.", "cvc");
  }
  const card = cardByNumber(digits);
  if (!card) {
    throw new StripeError(402, {
      type: "card_error",
      code: "card_declined",
      decline_code: "test_mode_live_card",
      message: "Your card was declined. Your request was in test mode, but used a non test card.",
    });
  }
  return { test: card.name, exp_month: exp_month ?? 12, exp_year: year };
}

function cardRefused(code: string, message: string, param: string): StripeError {
  return new StripeError(402, { type: "card_error", code, message, param });
}

/** Kept for requests written before the parameter was removed: the API tells what to use instead. */
export const removedMethodTypes: Param<never> = (_value, name) => {
  throw invalidParam({
    message: `The parameter '${name}' is no longer supported. Use 'automatic_payment_methods' or 'allowed_payment_method_types' instead.`,
    code: "payment_method_types_no_longer_supported",
    param: name,
  });
};
