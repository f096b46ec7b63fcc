import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { authorizeCard, cardsOnly } from "../test/authorize.ts";
import { type Harness, startHarness } from "../test/harness.ts";

let sandbox: Harness;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startHarness();
  stripe = sandbox.stripe;
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

const authorize = (params?: Partial<Stripe.PaymentIntentCreateParams>) => authorizeCard(stripe, params);

describe("cards", () => {
  test("an authorised payment is captured and refunded in parts, never beyond", async () => {
    const intent = await authorize({ expand: ["latest_charge"], metadata: { order: "7" } });
    expect(intent).toMatchObject({ status: "requires_capture", amount_capturable: 2599, amount_received: 0 });
    expect(intent.latest_charge).toMatchObject({ captured: false, status: "succeeded", amount_captured: 0 });

    const paid = await stripe.paymentIntents.capture(intent.id);
    expect(paid).toMatchObject({ status: "succeeded", amount_capturable: 0, amount_received: 2599 });

    const first = await stripe.refunds.create({
      payment_intent: intent.id,
      amount: 500,
      reason: "requested_by_customer",
    });
    expect(first).toMatchObject({ amount: 500, status: "succeeded", payment_intent: intent.id });
    await expect(stripe.refunds.create({ payment_intent: intent.id, amount: 2100 })).rejects.toMatchObject({
      type: "StripeInvalidRequestError",
      param: "amount",
    });
    await stripe.refunds.create({ payment_intent: intent.id });
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      code: "charge_already_refunded",
    });
    const charge = await stripe.charges.retrieve(paid.latest_charge as string);
    expect(charge).toMatchObject({ amount_refunded: 2599, refunded: true });
    const list = await stripe.refunds.list({ payment_intent: intent.id });
    expect(list.data.map((refund) => refund.amount)).toEqual([2099, 500]);
  });

  test("a partial capture releases the rest", async () => {
    const intent = await authorize();
    const paid = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2000 }, {});
    expect(paid).toMatchObject({
      status: "succeeded",
      amount: 2599,
      amount_received: 2000,
      amount_capturable: 0,
    });
    await expect(stripe.refunds.create({ payment_intent: intent.id, amount: 2001 })).rejects.toMatchObject({
      param: "amount",
    });
  });

  test("more than was authorised cannot be captured", async () => {
    const intent = await authorize();
    await expect(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2600 })).rejects.toMatchObject(
      {
        code: "amount_too_large",
      },
    );
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status: "requires_capture" });
  });

  test.each([
    ["pm_card_chargeDeclined", "card_declined", "generic_decline"],
    ["pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"],
    ["pm_card_chargeDeclinedLostCard", "card_declined", "lost_card"],
    ["pm_card_chargeDeclinedStolenCard", "card_declined", "stolen_card"],
    ["pm_card_chargeDeclinedExpiredCard", "expired_card", ""],
    ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", ""],
    ["pm_card_chargeDeclinedProcessingError", "processing_error", ""],
  ])("%s is declined with %s, and another card can pay", async (method, code, declineCode) => {
    const intent = await stripe.paymentIntents.create({ amount: 900, currency: "usd", ...cardsOnly });
    const err: unknown = await stripe.paymentIntents
      .confirm(intent.id, { payment_method: method })
      .catch((e: unknown) => e);
    expect(err).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(err).toMatchObject({ statusCode: 402, code, decline_code: declineCode });
    expect((err as Stripe.errors.StripeCardError).payment_intent).toMatchObject({
      id: intent.id,
      status: "requires_payment_method",
      payment_method: null,
    });
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_mastercard" });
    expect(paid).toMatchObject({ status: "succeeded", last_payment_error: null });
    const charges = await stripe.charges.list({ payment_intent: intent.id });
    expect(charges.data.map((charge) => charge.status)).toEqual(["succeeded", "failed"]);
  });

  test.each([
    ["4242424242424242", "visa", "4242"],
    ["5555 5555 5555 4444", "mastercard", "4444"],
    ["378282246310005", "amex", "0005"],
  ])("the number %s makes a %s that is saved for a customer", async (number, brand, last4) => {
    const method = await stripe.paymentMethods.create({
      type: "card",
      card: { number, exp_month: 12, exp_year: 2040, cvc: "123" },
    });
    expect(method.card).toMatchObject({ brand, last4, exp_year: 2040 });
    const customer = await stripe.customers.create({ email: "zoë@example.com" });
    expect(await stripe.paymentMethods.attach(method.id, { customer: customer.id })).toMatchObject({
      customer: customer.id,
    });
    const list = await stripe.customers.listPaymentMethods(customer.id);
    expect(list.data.map(({ id }) => id)).toEqual([method.id]);
    const paid = await authorize({
      payment_method: method.id,
      customer: customer.id,
      capture_method: "automatic",
    });
    expect(paid.status).toBe("succeeded");
  });

  test.each([
    [{ number: "4242424242424241", exp_month: 12, exp_year: 2040 }, "incorrect_number"],
    [{ number: "4242424242424242", exp_month: 12, exp_year: 2001 }, "invalid_expiry_year"],
    [{ number: "4242424242424242", exp_month: 12, exp_year: 2040, cvc: "1" }, "invalid_cvc"],
    [{ number: "4539578763621486", exp_month: 12, exp_year: 2040 }, "card_declined"], // a real number's form
  ])("%o is refused: %s", async (details, code) => {
    await expect(stripe.paymentMethods.create({ type: "card", card: details })).rejects.toMatchObject({
      type: "StripeCardError",
      code,
    });
  });

  test("a token makes a payment method; an unknown one does not", async () => {
    expect(
      await stripe.paymentMethods.create({ type: "card", card: { token: "tok_mastercard" } }),
    ).toMatchObject({
      card: { brand: "mastercard" },
    });
    await expect(
      stripe.paymentMethods.create({ type: "card", card: { token: "tok_x" } }),
    ).rejects.toMatchObject({
      code: "resource_missing",
    });
  });

  test("a method that paid without a customer cannot pay again", async () => {
    const method = await stripe.paymentMethods.create({ type: "card", card: { token: "tok_visa" } });
    await authorize({ payment_method: method.id });
    await expect(authorize({ payment_method: method.id })).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe("states", () => {
  test("an unpaid intent is updated, then canceled once", async () => {
    const intent = await stripe.paymentIntents.create({ amount: 900, currency: "usd", ...cardsOnly });
    expect(intent.status).toBe("requires_payment_method");
    const updated = await stripe.paymentIntents.update(intent.id, {
      amount: 950,
      payment_method: "pm_card_visa",
      metadata: { a: "1" },
    });
    expect(updated).toMatchObject({ amount: 950, status: "requires_confirmation", metadata: { a: "1" } });
    const canceled = await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: "abandoned" });
    expect(canceled).toMatchObject({ status: "canceled", cancellation_reason: "abandoned" });
    await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject({
      code: "payment_intent_unexpected_state",
    });
  });

  test("canceling an authorised payment releases it", async () => {
    const intent = await authorize();
    const canceled = await stripe.paymentIntents.cancel(intent.id, { expand: ["latest_charge"] });
    expect(canceled.latest_charge).toMatchObject({ refunded: true, captured: false });
    await expect(stripe.paymentIntents.capture(intent.id)).rejects.toMatchObject({
      code: "payment_intent_unexpected_state",
    });
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      code: "charge_not_refundable",
    });
  });

  test("what is not captured cannot be refunded", async () => {
    const intent = await authorize();
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      code: "charge_not_refundable",
    });
  });

  test("a refusal at create-and-confirm leaves no intent", async () => {
    const customer = await stripe.customers.create({});
    // Without allow_redirects: never, the payer may be sent elsewhere and must be able to come back.
    await expect(
      stripe.paymentIntents.create({
        amount: 900,
        currency: "usd",
        customer: customer.id,
        payment_method: "pm_card_visa",
        confirm: true,
      }),
    ).rejects.toMatchObject({ param: "return_url" });
    expect((await stripe.paymentIntents.list({ customer: customer.id })).data).toEqual([]);
  });
});

describe("3-D Secure", () => {
  const page = (intent: Stripe.PaymentIntent) => intent.next_action?.redirect_to_url?.url ?? "";
  const answer = (url: string, outcome: string) =>
    fetch(url, { method: "POST", body: new URLSearchParams({ outcome }), redirect: "manual" });

  test("the payer authorises and comes back", async () => {
    const intent = await authorize({
      payment_method: "pm_card_threeDSecure2Required",
      return_url: "https://shop.example/done?x=1",
    });
    expect(intent).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } });
    expect(await (await fetch(page(intent))).text()).toContain("Authorise");
    const back = await answer(page(intent), "authorise");
    const location = new URL(back.headers.get("location") ?? "");
    expect(Object.fromEntries(location.searchParams)).toEqual({
      x: "1",
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: "succeeded",
    });
    const authorised = await stripe.paymentIntents.retrieve(intent.id, { expand: ["latest_charge"] });
    expect(authorised).toMatchObject({ status: "requires_capture", next_action: null });
    expect(
      (authorised.latest_charge as Stripe.Charge).payment_method_details?.card?.three_d_secure,
    ).toMatchObject({ result: "authenticated" });
    expect((await answer(page(intent), "authorise")).status).toBe(409);
  });

  test("the payer fails; another card pays", async () => {
    const intent = await authorize({ payment_method: "pm_card_authenticationRequired" });
    await answer(page(intent), "fail");
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
    expect(await stripe.paymentIntents.confirm(intent.id, { payment_method: "pm_card_visa" })).toMatchObject({
      status: "requires_capture",
    });
  });

  test("without the payer present, authentication is a decline", async () => {
    await expect(
      authorize({ payment_method: "pm_card_authenticationRequired", off_session: true }),
    ).rejects.toMatchObject({
      type: "StripeCardError",
      code: "authentication_required",
    });
  });
});
