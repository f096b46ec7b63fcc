import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Harness, startHarness } from "../test/harness.ts";

let sandbox: Harness;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startHarness();
  stripe = sandbox.stripe;
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

function transfer(customer: string, amount: number) {
  return stripe.paymentIntents.create({
    amount,
    currency: "usd",
    customer,
    allowed_payment_method_types: ["customer_balance"],
    payment_method_data: { type: "customer_balance" },
    payment_method_options: {
      customer_balance: { funding_type: "bank_transfer", bank_transfer: { type: "us_bank_transfer" } },
    },
    confirm: true,
  });
}

describe("bank transfer", () => {
  test("two transfers pay one intent; what is too much stays with the customer", async () => {
    const customer = await stripe.customers.create({ name: "Bo" });
    const intent = await transfer(customer.id, 10_000);
    const instructions = intent.next_action?.display_bank_transfer_instructions;
    expect(instructions).toMatchObject({
      amount_remaining: 10_000,
      currency: "usd",
      type: "us_bank_transfer",
    });

    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 4_000, currency: "usd" });
    const partly = await stripe.paymentIntents.retrieve(intent.id);
    expect(partly.next_action?.display_bank_transfer_instructions?.amount_remaining).toBe(6_000);

    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 6_500, currency: "usd" });
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: "succeeded",
      amount_received: 10_000,
    });
    expect((await stripe.customers.retrieveCashBalance(customer.id)).available).toEqual({ usd: 500 });
    const events = await stripe.events.list({ types: ["payment_intent.partially_funded"] });
    expect(events.data.map((event) => (event.data.object as Stripe.PaymentIntent).id)).toEqual([intent.id]);
  });

  test("a transfer pays the intent it names, then the exact amount", async () => {
    const customer = await stripe.customers.create({});
    const [older, exact, named] = [
      await transfer(customer.id, 900),
      await transfer(customer.id, 700),
      await transfer(customer.id, 800),
    ];
    const reference = named.next_action?.display_bank_transfer_instructions?.reference ?? "";
    await stripe.testHelpers.customers.fundCashBalance(customer.id, {
      amount: 800,
      currency: "usd",
      reference,
    });
    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 700, currency: "usd" });
    const states = await Promise.all(
      [older, exact, named].map(async ({ id }) => (await stripe.paymentIntents.retrieve(id)).status),
    );
    expect(states).toEqual(["requires_action", "succeeded", "succeeded"]);
  });

  test("canceling gives back what had arrived; a refund goes to the bank account that paid", async () => {
    const customer = await stripe.customers.create({});
    const first = await transfer(customer.id, 5_000);
    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 3_000, currency: "usd" });
    await stripe.paymentIntents.cancel(first.id);
    expect((await stripe.customers.retrieveCashBalance(customer.id)).available).toEqual({ usd: 3_000 });
    const second = await transfer(customer.id, 3_000);
    expect(second.status).toBe("succeeded");
    const refund = await stripe.refunds.create({ payment_intent: second.id, amount: 1_000 });
    expect(refund.destination_details?.type).toBe("us_bank_transfer");
    expect((await stripe.customers.retrieveCashBalance(customer.id)).available).toBeNull();
  });

  test("what no payment has used goes back out of the cash balance, and no more", async () => {
    const customer = await stripe.customers.create({});
    await stripe.testHelpers.customers.fundCashBalance(customer.id, { amount: 500, currency: "usd" });
    const giveBack = (amount: number) =>
      stripe.refunds.create({ origin: "customer_balance", customer: customer.id, amount, currency: "usd" });
    await expect(giveBack(501)).rejects.toMatchObject({ param: "amount" });
    expect(await giveBack(500)).toMatchObject({ amount: 500, payment_intent: null, charge: null });
    const { data } = await stripe.customers.listCashBalanceTransactions(customer.id);
    expect(data.map(({ type, net_amount }) => [type, net_amount])).toEqual([
      ["return_initiated", -500],
      ["funded", 500],
    ]);
    await expect(
      stripe.refunds.create({ origin: "customer_balance", customer: customer.id, amount: 1 }),
    ).rejects.toMatchObject({ param: "currency" });
  });

  test("needs a customer", async () => {
    await expect(transfer("cus_none", 900)).rejects.toMatchObject({
      code: "resource_missing",
      param: "customer",
    });
  });
});
