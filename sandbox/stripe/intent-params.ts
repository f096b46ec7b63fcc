import { TRANSFER_CURRENCY, TRANSFER_TYPES } from "./bank-accounts.ts";
import { type StripeContext } from "./context.ts";
import { invalidParam, missingObject } from "./errors.ts";
import {
  amount,
  clearableText,
  currency,
  flag,
  group,
  ignored,
  integer,
  list,
  metadata,
  oneOf,
  type Param,
  type readParams,
  shipping,
  text,
} from "./params.ts";
import { methodOf, newMethod, paymentMethodData, removedMethodTypes } from "./payment-methods.ts";
import type { Intent, PaymentMethodRecord } from "./records.ts";

const captureMethod = oneOf(["automatic", "automatic_async", "manual"]);

const methodOptions = group({
  card: ignored,
  link: ignored,
  customer_balance: group({
    funding_type: oneOf(["bank_transfer"]),
    bank_transfer: group({
      type: oneOf(TRANSFER_TYPES),
      eu_bank_transfer: group({ country: text() }),
      requested_address_types: ignored,
    }),
    setup_future_usage: ignored,
  }),
});

/** Tokens come from Stripe.js, which the sandbox has not; none exists. */
const confirmationToken: Param<never> = (value, name) => {
  throw missingObject({
    kind: "confirmation_token",
    id: typeof value === "string" ? value : "",
    param: name,
  });
};

/** Parameters that create and update share. */
const details = {
  amount,
  currency,
  customer: text(),
  description: clearableText(),
  metadata,
  payment_method: text(),
  payment_method_data: paymentMethodData,
  payment_method_options: methodOptions,
  payment_method_types: removedMethodTypes,
  payment_method_configuration: ignored,
  allowed_payment_method_types: list(text()),
  excluded_payment_method_types: list(text()),
  capture_method: captureMethod,
  receipt_email: clearableText(),
  setup_future_usage: oneOf(["off_session", "on_session"]),
  shipping,
  statement_descriptor: clearableText({ max: 22 }),
  statement_descriptor_suffix: clearableText({ max: 22 }),
  application_fee_amount: integer(),
  transfer_data: ignored,
  transfer_group: ignored,
  expand: list(text()),
};

/** Parameters of an attempt to pay. */
const attempt = {
  return_url: text(),
  off_session: ((value, name) =>
    value === "one_off" || value === "recurring" ? true : flag(value, name)) as Param<boolean>,
  error_on_requires_action: flag,
  use_stripe_sdk: flag,
  mandate: ignored,
  mandate_data: ignored,
  radar_options: ignored,
  confirmation_token: confirmationToken,
};

export const createShape = {
  ...details,
  ...attempt,
  automatic_payment_methods: group({ enabled: flag, allow_redirects: oneOf(["always", "never"]) }),
  confirm: flag,
  confirmation_method: oneOf(["automatic", "manual"]),
  on_behalf_of: ignored,
};
export const updateShape = details;
const {
  amount: _,
  currency: __,
  customer: ___,
  description: ____,
  metadata: _____,
  ...confirmable
} = details;
export const confirmShape = { ...confirmable, ...attempt, client_secret: text() };

export type CreateInput = ReturnType<typeof readParams<typeof createShape>>;
export type UpdateInput = ReturnType<typeof readParams<typeof updateShape>>;

/** Smallest charges, in the currency's smallest unit (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts). */
const MINIMUM: Record<string, number> = {
  usd: 50,
  eur: 50,
  gbp: 30,
  jpy: 50,
  cad: 50,
  aud: 50,
  chf: 50,
  mxn: 1000,
};

export function checkMinimum(input: { amount?: number; currency?: string }): void {
  const minimum = MINIMUM[input.currency ?? ""] ?? 1;
  if (input.amount === undefined || input.amount >= minimum) return;
  throw invalidParam({
    message: `Amount must be at least ${minimum} in the smallest unit of ${input.currency}.`,
    code: "amount_too_small",
    param: "amount",
  });
}

/** The ways to choose payment methods exclude each other. */
export function checkChoice(
  input: Pick<CreateInput, "allowed_payment_method_types"> & Partial<CreateInput>,
): void {
  if (!input.allowed_payment_method_types) return;
  const others = [
    "automatic_payment_methods",
    "payment_method_configuration",
    "excluded_payment_method_types",
  ] as const;
  const other = others.find((name) => input[name] !== undefined);
  if (other) {
    throw invalidParam({
      message: `You may only specify one of these parameters: allowed_payment_method_types, ${other}.`,
      param: "allowed_payment_method_types",
    });
  }
}

/** The fields of an intent that create, update and confirm may set; absent ones stay as they are. */
export function intentChanges(input: Partial<UpdateInput>): Partial<Intent> {
  const transfer = input.payment_method_options?.customer_balance;
  const bank = transfer?.bank_transfer?.type;
  const country = transfer?.bank_transfer?.eu_bank_transfer?.country;
  const kept = [
    "amount",
    "currency",
    "customer",
    "description",
    "capture_method",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
  ] as const;
  const changes = Object.fromEntries(
    kept.filter((name) => input[name] !== undefined).map((name) => [name, input[name]]),
  );
  return {
    ...changes,
    ...(input.allowed_payment_method_types && { allowed: input.allowed_payment_method_types }),
    ...(input.excluded_payment_method_types && { excluded: input.excluded_payment_method_types }),
    ...(bank && { bank_transfer: { type: bank, ...(country && { country }) } }),
    ...(transfer?.funding_type === "bank_transfer" &&
      !bank &&
      input.currency && { bank_transfer: defaultTransfer(input.currency) }),
  };
}

function defaultTransfer(currency: string) {
  const type = TRANSFER_TYPES.find((candidate) => TRANSFER_CURRENCY[candidate] === currency);
  return { type: type ?? ("us_bank_transfer" as const) };
}

/** The payment method a request names or describes, or else the intent's own; the caller stores it. */
export function chosenMethod(
  ctx: StripeContext,
  { input, intent }: { input: Partial<UpdateInput>; intent: Intent },
): PaymentMethodRecord | undefined {
  if (input.payment_method !== undefined && input.payment_method_data !== undefined) {
    throw invalidParam({
      message: "You may only specify one of these parameters: payment_method, payment_method_data.",
      param: "payment_method_data",
    });
  }
  if (input.payment_method !== undefined)
    return methodOf(ctx, { id: input.payment_method, param: "payment_method" });
  if (input.payment_method_data) return newMethod(ctx, input.payment_method_data);
  return intent.payment_method === undefined ? undefined : ctx.records.methods.get(intent.payment_method);
}
