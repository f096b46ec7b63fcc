import type { CardCharge } from "../../services/payment/card-processor.ts";

/** A key in the form that the adapter checks. */
export const apiKey = "sk_test_not_a_real_key";
/** Where the bank sends the buyer back to. */
export const returnUrl = "https://shop.test/back";

let lastPayment = 0;
/** A charge of 10.00 USD under an id of its own. */
export function charge(fields: Partial<CardCharge> = {}): CardCharge {
  return {
    paymentId: `pay_${++lastPayment}`,
    orderId: "ord_1",
    currencyCode: "USD",
    amount: 1000n,
    beginTime: new Date(),
    source: "pm_card_visa",
    email: "ada@example.com",
    ...fields,
  };
}
