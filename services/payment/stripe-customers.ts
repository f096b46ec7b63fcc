import Stripe from "stripe";
import type { CardProcessor } from "./card-processor.ts";
import { type InTime, once, unavailable } from "./stripe-call.ts";

/** Customers and their saved cards at Stripe, which learns our id of a customer and nothing else. */
export function stripeCustomers({
  stripe,
  inTime,
}: {
  stripe: Stripe;
  inTime: InTime;
}): Pick<CardProcessor, "createCustomer" | "deleteCustomer" | "detach"> {
  return {
    async createCustomer(customerId) {
      const params = { metadata: { customer_id: customerId } };
      // The same key whoever asks: calls at the same moment make one.
      const ask = async (idempotencyKey: string) =>
        (await inTime(() => stripe.customers.create(params, { idempotencyKey }))).id;
      try {
        // One who was made all the same has no cards, and nobody knows of it.
        return await once(`customer:${customerId}`, { ask, find: async () => undefined });
      } catch (err) {
        throw unavailable(err);
      }
    },
    async deleteCustomer(providerId) {
      try {
        await inTime(() => stripe.customers.del(providerId));
      } catch (err) {
        if (!isMissing(err)) throw unavailable(err);
      }
    },
    async detach(providerId) {
      try {
        await inTime(() => stripe.paymentMethods.detach(providerId));
      } catch (err) {
        if (!isMissing(err) && !(await isDetached(err, providerId))) throw unavailable(err);
      }
    },
  };

  /** Stripe refuses to detach what is detached. */
  async function isDetached(err: unknown, providerId: string): Promise<boolean> {
    if (!(err instanceof Stripe.errors.StripeInvalidRequestError)) return false;
    try {
      return (await inTime(() => stripe.paymentMethods.retrieve(providerId))).customer === null;
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

function isMissing(err: unknown): boolean {
  return err instanceof Stripe.errors.StripeInvalidRequestError && err.statusCode === 404;
}
