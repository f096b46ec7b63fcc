import Stripe from "stripe";
import { type Circuit, closedCircuit } from "../../lib/circuit/circuit.ts";
import { within } from "../../lib/within.ts";
import type { CardCharge, CardIntent, CardOutcome, CardProcessor } from "./card-processor.ts";
import { fail } from "./reasons.ts";
import { type InTime, isOutage, once, stripes, unavailable } from "./stripe-call.ts";
import { toDispute, toIntent, toOutcome, toRefund, toStripeAmount } from "./stripe-convert.ts";
import { stripeCustomers } from "./stripe-customers.ts";
import { idOf, refused, refusedOr } from "./stripe-refund.ts";
import { stripeTransfers } from "./stripe-transfers.ts";

/** How to reach Stripe. `baseUrl` points the SDK elsewhere than api.stripe.com. */
export interface StripeOptions {
  apiKey: string;
  baseUrl?: string | undefined;
  /** Milliseconds that one call may take, the SDK's retry included. */
  timeoutMs: number;
  /** Where Stripe sends a buyer back to after 3-D Secure. */
  returnUrl: string;
  /** In which country the accounts are that take transfers in EUR: `DE`, `FR`, `IE` or `NL`. */
  transferCountry?: string;
  /** Keeps calls from Stripe while it is away; without one every call is made. */
  circuit?: Circuit;
}

/** The most that Stripe lists at a time. */
const pageSize = 100;
/** What the clocks of the shop and Stripe may differ by. */
const clockSlackMs = 300_000;
/** Has Stripe tell of the card, which it may have saved. */
const withMethod = { expand: ["payment_method"] };

/**
 * Card payments by Stripe PaymentIntents with manual capture. Creating an
 * intent or a refund carries an idempotency key made from our own id, so the
 * SDK's retries, and ours, charge and refund once (see `once`). Capturing and canceling
 * need none, the intent's own state makes them happen once; a key would have
 * Stripe repeat an earlier failure (it keeps even a 500) for a day.
 */
export function createStripeProcessor(options: StripeOptions): CardProcessor {
  const { timeoutMs, circuit = closedCircuit } = options;
  const stripe = new Stripe(options.apiKey, {
    timeout: timeoutMs,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(options.baseUrl === undefined ? {} : hostOf(options.baseUrl)),
  });
  const late = () => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  };
  // The SDK's own time-out is of silence on the socket, once per try; this one is of the whole call.
  const inTime: InTime = (call) =>
    circuit(async () => stripes(await within(call(), { ms: timeoutMs, late })), isOutage);
  const { moneyOf, ...transfers } = stripeTransfers({
    stripe,
    inTime,
    country: options.transferCountry ?? "DE",
  });

  return {
    ...stripeCustomers({ stripe, inTime }),
    ...transfers,
    async authorize(charge) {
      const intent = intentOf(charge, options.returnUrl);
      try {
        return await once(`${charge.paymentId}:authorize`, {
          ask: async (idempotencyKey) =>
            toOutcome(await inTime(() => stripe.paymentIntents.create(intent, { idempotencyKey }))),
          find: () => findCharged(charge),
        });
      } catch (err) {
        return declined(err);
      }
    },
    async capture({ providerId }) {
      try {
        return toOutcome(await inTime(() => stripe.paymentIntents.capture(providerId, withMethod)));
      } catch (err) {
        return presentState(err, providerId);
      }
    },
    async cancel({ providerId }) {
      try {
        return toOutcome(await inTime(() => stripe.paymentIntents.cancel(providerId)));
      } catch (err) {
        return presentState(err, providerId);
      }
    },
    retrieve,
    async inspect(providerId) {
      let intent: Stripe.PaymentIntent;
      try {
        intent = await inTime(() =>
          stripe.paymentIntents.retrieve(providerId, { expand: ["latest_charge", "payment_method"] }),
        );
      } catch (err) {
        if (err instanceof Stripe.errors.StripeInvalidRequestError && err.statusCode === 404)
          return undefined;
        throw unavailable(err);
      }
      return { ...toIntent(intent), transfer: await moneyOf(intent) };
    },
    list,
    async refundsOf({ providerId, currencyCode }) {
      return (await refundsOf(providerId)).data.map((refund) => toRefund(refund, currencyCode));
    },
    async *listDisputed({ since }) {
      const created = { gte: Math.floor(since.getTime() / 1000) };
      let after: string | undefined;
      do {
        const page = await pageOf(() =>
          stripe.disputes.list({ created, limit: pageSize, ...(after && { starting_after: after }) }),
        );
        for (const { payment_intent: intent } of page.data) if (typeof intent === "string") yield intent;
        after = page.has_more ? page.data.at(-1)?.id : undefined;
      } while (after !== undefined);
    },
    async disputesOf({ providerId }) {
      const page = await pageOf(() => stripe.disputes.list({ payment_intent: providerId, limit: pageSize }));
      return page.data.map(toDispute);
    },
    async refund({ refundId, providerId, currencyCode, amount: minorUnits, email }) {
      const amount = toStripeAmount(currencyCode, minorUnits);
      if (amount === undefined) throw refused(fractionOfMga);
      const wanted: Stripe.RefundCreateParams = {
        ...{ payment_intent: providerId, amount, metadata: { refund_id: refundId } },
        ...(email && { instructions_email: email }),
      };
      let refund: Stripe.Refund;
      try {
        refund = await once(refundId, {
          ask: (idempotencyKey) => inTime(() => stripe.refunds.create(wanted, { idempotencyKey })),
          find: async () => {
            const { data } = await refundsOf(providerId);
            return data.find(({ metadata }) => metadata?.["refund_id"] === refundId);
          },
        });
      } catch (err) {
        throw refusedOr(err);
      }
      return idOf(refund);
    },
  };

  async function refundsOf(providerId: string): Promise<Stripe.ApiList<Stripe.Refund>> {
    return pageOf(() => stripe.refunds.list({ payment_intent: providerId, limit: pageSize }));
  }

  async function pageOf<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await inTime(call);
    } catch (err) {
      throw unavailable(err);
    }
  }

  async function* list({ since, until }: { since: Date; until?: Date }): AsyncIterable<CardIntent> {
    const created = {
      gte: Math.floor(since.getTime() / 1000),
      ...(until !== undefined && { lte: Math.ceil(until.getTime() / 1000) }),
    };
    let after: string | undefined;
    do {
      const page = await pageOf(() =>
        stripe.paymentIntents.list({
          created,
          limit: pageSize,
          expand: ["data.latest_charge"],
          ...(after !== undefined && { starting_after: after }),
        }),
      );
      for (const intent of page.data) yield toIntent(intent);
      after = page.has_more ? page.data.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  /** What was made for a charge whose answer was lost. */
  async function findCharged({ paymentId, beginTime }: CardCharge): Promise<CardOutcome | undefined> {
    for await (const { paymentId: id, outcome } of list({
      since: new Date(beginTime.getTime() - clockSlackMs),
    })) {
      if (id === paymentId) return retrieve(outcome.providerId);
    }
    return undefined;
  }

  async function retrieve(providerId: string): Promise<CardOutcome> {
    try {
      return toOutcome(await inTime(() => stripe.paymentIntents.retrieve(providerId, withMethod)));
    } catch (err) {
      throw unavailable(err);
    }
  }

  /** An intent that is not in the state a call expects is looked up: the call may have been done before. */
  async function presentState(err: unknown, providerId: string): Promise<CardOutcome> {
    if (
      err instanceof Stripe.errors.StripeInvalidRequestError ||
      err instanceof Stripe.errors.StripeCardError
    ) {
      return retrieve(providerId);
    }
    throw unavailable(err);
  }
}

function hostOf(baseUrl: string): { host: string; port: string; protocol: "http" | "https" } {
  const { hostname, port, protocol } = new URL(baseUrl);
  const http = protocol === "http:";
  return { host: hostname, port: port || (http ? "80" : "443"), protocol: http ? "http" : "https" };
}

function intentOf(charge: CardCharge, returnUrl: string): Stripe.PaymentIntentCreateParams {
  const amount = toStripeAmount(charge.currencyCode, charge.amount);
  if (amount === undefined) throw fail("PAYMENT_METHOD_INVALID", { provider_message: fractionOfMga });
  const card = charge.source.startsWith("tok_")
    ? { payment_method_data: { type: "card" as const, card: { token: charge.source } } }
    : { payment_method: charge.source };
  return {
    amount,
    currency: charge.currencyCode.toLowerCase(),
    capture_method: "manual",
    confirm: true,
    allowed_payment_method_types: ["card"],
    return_url: returnUrl,
    metadata: { order_id: charge.orderId, payment_id: charge.paymentId },
    ...(charge.email === "" ? {} : { receipt_email: charge.email }),
    ...(charge.customer !== undefined && { customer: charge.customer }),
    // The customer is there when it pays again.
    ...(charge.save && { setup_future_usage: "on_session" as const, ...withMethod }),
    ...card,
  };
}

const fractionOfMga = "cards take whole MGA only";

/** A declined card or a refused charge as an outcome; everything else as an error. */
function declined(err: unknown): CardOutcome {
  if (err instanceof Stripe.errors.StripeCardError) return failed(err);
  if (!(err instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(err);
  // The payment method is the only object that a charge refers to.
  const ofMethod = /^(payment_method|token|resource_missing)/.test(`${err.code}`);
  if (!ofMethod && !err.param?.startsWith("payment_method")) return failed(err);
  throw fail("PAYMENT_METHOD_INVALID", { provider_message: err.message }, { cause: err });
}

function failed(err: Stripe.errors.StripeError): CardOutcome {
  return {
    state: "FAILED",
    providerId: err.payment_intent?.id ?? "",
    clientSecret: "",
    redirectUrl: "",
    // The SDK makes an absent code an empty string.
    declineCode: err.decline_code || err.code || "declined",
    declineMessage: err.message,
  };
}
