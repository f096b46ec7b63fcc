import type Stripe from "stripe";

/** Cards alone: no page to be sent to and back from. */
export const cardsOnly = { automatic_payment_methods: { enabled: true, allow_redirects: "never" } } as const;

/** Authorizes 25.99 USD on a Visa card, to be captured; `params` change that. */
export function authorizeCard(stripe: Stripe, params: Partial<Stripe.PaymentIntentCreateParams> = {}) {
  return stripe.paymentIntents.create({
    amount: 2599,
    currency: "usd",
    payment_method: "pm_card_visa",
    capture_method: "manual",
    confirm: true,
    ...cardsOnly,
    ...params,
  });
}
