import Stripe from "stripe";
import type { TransferMoney } from "./card-processor.ts";
import { fail } from "./reasons.ts";
import { type InTime, once, unavailable } from "./stripe-call.ts";
import { fromStripeAmount, toOutcome, toStripeAmount } from "./stripe-convert.ts";
import { idOf, refused, refusedOr } from "./stripe-refund.ts";
import type { TransferCollector } from "./transfer-collector.ts";

type BankTransfer = Stripe.PaymentIntentCreateParams.PaymentMethodOptions.CustomerBalance.BankTransfer;

/** The most that Stripe lists at a time. */
const pageSize = 100;

/**
 * Bank transfers into Stripe's customer balance. Each payment has a customer of its own: so it has an account number
 * that nobody else pays to, and whatever comes there is known to be for it, also when it is too much, too late or does
 * not mention the reference.
 */
export function stripeTransfers({
  stripe,
  inTime,
  country,
}: {
  stripe: Stripe;
  inTime: InTime;
  country: string;
}): TransferCollector & {
  /** What an intent's payer has sent, when it is one of a transfer. */
  moneyOf: (intent: Stripe.PaymentIntent) => Promise<TransferMoney | undefined>;
} {
  /** By currency, how Stripe calls the transfers. */
  const transferOf: Readonly<Record<string, BankTransfer>> = {
    EUR: { type: "eu_bank_transfer", eu_bank_transfer: { country } },
    GBP: { type: "gb_bank_transfer" },
    JPY: { type: "jp_bank_transfer" },
    MXN: { type: "mx_bank_transfer" },
    USD: { type: "us_bank_transfer" },
  };
  return {
    async createPayer(paymentId) {
      const params = { metadata: { payment_id: paymentId } };
      const make = async (idempotencyKey: string) =>
        (await inTime(() => stripe.customers.create(params, { idempotencyKey }))).id;
      try {
        // One who was made all the same has no account number yet, and nobody knows of it.
        return await once(`${paymentId}:payer`, { ask: make, find: async () => undefined });
      } catch (err) {
        throw unavailable(err);
      }
    },
    async requestTransfer({ paymentId, orderId, payer, currencyCode, amount: minorUnits }) {
      const bank_transfer = transferOf[currencyCode];
      const amount = toStripeAmount(currencyCode, minorUnits);
      if (bank_transfer === undefined || amount === undefined) {
        throw fail("PAYMENT_METHOD_INVALID", { provider_message: `no transfers in ${currencyCode}` });
      }
      const params: Stripe.PaymentIntentCreateParams = {
        ...{ amount, currency: currencyCode.toLowerCase(), customer: payer, confirm: true },
        allowed_payment_method_types: ["customer_balance"],
        payment_method_data: { type: "customer_balance" },
        payment_method_options: { customer_balance: { funding_type: "bank_transfer", bank_transfer } },
        metadata: { order_id: orderId, payment_id: paymentId },
      };
      try {
        const intent = await once(`${paymentId}:transfer`, {
          ask: (idempotencyKey) => inTime(() => stripe.paymentIntents.create(params, { idempotencyKey })),
          // A payer has one payment.
          find: async () => (await ask(() => stripe.paymentIntents.list({ customer: payer }))).data[0],
        });
        return toOutcome(intent);
      } catch (err) {
        if (!(err instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(err);
        // Too small, or the shop's account takes no transfers: another method is to be chosen.
        throw fail("PAYMENT_METHOD_INVALID", { provider_message: err.message }, { cause: err });
      }
    },
    async returnUnused({ refundId, since, payer, currencyCode, amount: minorUnits, email }) {
      const amount = toStripeAmount(currencyCode, minorUnits);
      if (amount === undefined) throw refused(`no transfers in ${currencyCode}`);
      const params: Stripe.RefundCreateParams = {
        ...{ origin: "customer_balance", customer: payer, amount, currency: currencyCode.toLowerCase() },
        ...(email !== "" && { instructions_email: email }),
        metadata: { refund_id: refundId },
      };
      let refund: Stripe.Refund;
      try {
        refund = await once(`${refundId}:unused`, {
          ask: (idempotencyKey) => inTime(() => stripe.refunds.create(params, { idempotencyKey })),
          find: () => findReturned({ refundId, since }),
        });
      } catch (err) {
        throw refusedOr(err);
      }
      return idOf(refund);
    },
    findReturn: async (refund) => (await findReturned(refund))?.id,
    async moneyOf({ customer, currency, payment_method_types: types }) {
      if (!types.includes("customer_balance") || typeof customer !== "string") return undefined;
      const page = await ask(() =>
        stripe.customers.listCashBalanceTransactions(customer, { limit: pageSize }),
      );
      const sumOf = (...kinds: string[]) => {
        const moves = page.data.filter(({ type }) => kinds.includes(type));
        const amount = moves.reduce((sum, { net_amount: net }) => sum + net, 0);
        return fromStripeAmount(currency.toUpperCase(), amount);
      };
      return {
        received: sumOf("funded", "funding_reversed"),
        returned: -sumOf("return_initiated", "return_canceled"),
      };
    },
  };

  async function findReturned({
    refundId,
    since,
  }: {
    refundId: string;
    since: Date;
  }): Promise<Stripe.Refund | undefined> {
    const created = { gte: Math.floor(since.getTime() / 1000) };
    let after: string | undefined;
    do {
      const page = await ask(() =>
        stripe.refunds.list({ created, limit: pageSize, ...(after && { starting_after: after }) }),
      );
      const found = page.data.find(
        ({ metadata, payment_intent: intent, status }) =>
          intent === null &&
          metadata?.["refund_id"] === refundId &&
          status !== "failed" &&
          status !== "canceled",
      );
      if (found !== undefined) return found;
      after = page.has_more ? page.data.at(-1)?.id : undefined;
    } while (after !== undefined);
    return undefined;
  }

  async function ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await inTime(call);
    } catch (err) {
      throw unavailable(err);
    }
  }
}
