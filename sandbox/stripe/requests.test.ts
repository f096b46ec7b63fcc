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

describe("idempotency", () => {
  test("the same key gives the same answer, errors included", async () => {
    const params = { amount: 1200, currency: "usd", ...cardsOnly } as const;
    const first = await stripe.paymentIntents.create(params, { idempotencyKey: "k1" });
    const again = await stripe.paymentIntents.create(params, { idempotencyKey: "k1" });
    expect(again).toEqual(first);
    expect(sandbox.exchanges.at(-1)?.answer).toBe(sandbox.exchanges.at(-2)?.answer);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();

    const declined = { ...params, payment_method: "pm_card_chargeDeclined", confirm: true };
    for (let n = 0; n < 2; n += 1) {
      await expect(stripe.paymentIntents.create(declined, { idempotencyKey: "k2" })).rejects.toMatchObject({
        statusCode: 402,
      });
    }
    expect(sandbox.exchanges.at(-1)?.answer).toBe(sandbox.exchanges.at(-2)?.answer);
  });

  test("a key with other parameters or another endpoint is refused", async () => {
    await stripe.customers.create({ name: "A" }, { idempotencyKey: "k3" });
    await expect(stripe.customers.create({ name: "B" }, { idempotencyKey: "k3" })).rejects.toMatchObject({
      type: "StripeIdempotencyError",
      statusCode: 400,
    });
    await expect(
      authorize().then(({ id }) => stripe.paymentIntents.capture(id, {}, { idempotencyKey: "k3" })),
    ).rejects.toMatchObject({
      type: "StripeIdempotencyError",
    });
  });

  test("a request that was not carried out leaves its key free", async () => {
    await expect(
      stripe.paymentIntents.create({ amount: 0, currency: "usd" }, { idempotencyKey: "k4" }),
    ).rejects.toMatchObject({ statusCode: 400 });
    expect(
      await stripe.paymentIntents.create(
        { amount: 1200, currency: "usd", ...cardsOnly },
        { idempotencyKey: "k4" },
      ),
    ).toMatchObject({ amount: 1200 });
  });

  test("two requests at once: one is carried out, the other told to wait", async () => {
    await using slow = await startHarness({ latencyMs: 300 });
    const calls = await Promise.allSettled(
      [1, 2].map(async () => await slow.stripe.customers.create({ name: "A" }, { idempotencyKey: "k" })),
    );
    expect(calls.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(calls.find((call) => call.status === "rejected")?.reason).toMatchObject({
      statusCode: 409,
      code: "idempotency_key_in_use",
    });
    expect((await slow.stripe.customers.list()).data).toHaveLength(1);
  });

  test("a key has at most 255 characters", async () => {
    await expect(stripe.customers.create({}, { idempotencyKey: "k".repeat(256) })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe("requests", () => {
  const wrong = (params: object) => stripe.paymentIntents.create(params as Stripe.PaymentIntentCreateParams);
  test.each<[string, object, { code?: string; param?: string }]>([
    ["no amount", { currency: "usd" }, { code: "parameter_missing", param: "amount" }],
    ["zero", { amount: 0, currency: "usd" }, { code: "parameter_invalid_integer", param: "amount" }],
    ["a fraction", { amount: 10.5, currency: "usd" }, { code: "parameter_invalid_integer" }],
    ["nine digits", { amount: 100_000_000, currency: "usd" }, { code: "amount_too_large" }],
    ["under the minimum", { amount: 49, currency: "usd" }, { code: "amount_too_small" }],
    ["upper case", { amount: 900, currency: "USD" }, { param: "currency" }],
    ["no currency of the world", { amount: 900, currency: "zzq" }, { param: "currency" }],
    [
      "an unknown parameter",
      { amount: 900, currency: "usd", amout: 1 },
      { code: "parameter_unknown", param: "amout" },
    ],
    [
      "an unknown nested one",
      { amount: 900, currency: "usd", shipping: { nme: "x" } },
      { code: "parameter_unknown", param: "shipping[nme]" },
    ],
    [
      "the removed parameter",
      { amount: 900, currency: "usd", payment_method_types: ["card"] },
      { code: "payment_method_types_no_longer_supported" },
    ],
    [
      "two ways to choose methods",
      { amount: 900, currency: "usd", ...cardsOnly, allowed_payment_method_types: ["card"] },
      { param: "allowed_payment_method_types" },
    ],
    [
      "an unknown capture method",
      { amount: 900, currency: "usd", capture_method: "later" },
      { param: "capture_method" },
    ],
    [
      "nested metadata",
      { amount: 900, currency: "usd", metadata: { a: { b: 1 } } },
      { param: "metadata[a]" },
    ],
    [
      "an unknown customer",
      { amount: 900, currency: "usd", customer: "cus_none" },
      { code: "resource_missing", param: "customer" },
    ],
    [
      "an unknown method",
      { amount: 900, currency: "usd", payment_method: "pm_none" },
      { code: "resource_missing", param: "payment_method" },
    ],
    ["an unknown expansion", { amount: 900, currency: "usd", expand: ["nothing"] }, { param: "expand" }],
  ])("%s is refused", async (_, params, error) => {
    await expect(wrong(params)).rejects.toMatchObject({
      type: "StripeInvalidRequestError",
      statusCode: 400,
      ...error,
    });
  });

  test("an unknown id is 404 with the request's id", async () => {
    const err: unknown = await stripe.paymentIntents.retrieve("pi_none").catch((e: unknown) => e);
    expect(err).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
      requestId: expect.stringMatching(/^req_/),
    });
  });

  test.each(["sk_live_x", "pk_test_x", "nonsense"])("the key %s is refused", async (key) => {
    const { hostname, port } = new URL(sandbox.url);
    const other = new Stripe(key, {
      host: hostname,
      port: Number(port),
      protocol: "http",
      telemetry: false,
      maxNetworkRetries: 0,
    });
    await expect(other.balance.retrieve()).rejects.toMatchObject({
      type: "StripeAuthenticationError",
      statusCode: 401,
    });
  });

  test("any test key is accepted", async () => {
    expect(await stripe.balance.retrieve()).toMatchObject({ object: "balance", livemode: false });
  });

  test("lists page both ways and the SDK walks them", async () => {
    const customer = await stripe.customers.create({});
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1)
      made.unshift((await authorize({ customer: customer.id, amount: 100 + n })).id);
    const page = await stripe.paymentIntents.list({ customer: customer.id, limit: 2 });
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([made.slice(0, 2), true]);
    const older = await stripe.paymentIntents.list({
      customer: customer.id,
      limit: 3,
      starting_after: made[1] ?? "",
    });
    expect([older.data.map(({ id }) => id), older.has_more]).toEqual([made.slice(2), false]);
    const newer = await stripe.paymentIntents.list({
      customer: customer.id,
      limit: 2,
      ending_before: made[3] ?? "",
    });
    expect([newer.data.map(({ id }) => id), newer.has_more]).toEqual([made.slice(1, 3), true]);
    const all = await stripe.paymentIntents
      .list({ customer: customer.id, limit: 2 })
      .autoPagingToArray({ limit: 10 });
    expect(all.map(({ id }) => id)).toEqual(made);
    const none = await stripe.paymentIntents.list({
      customer: customer.id,
      created: { gt: Math.floor(Date.now() / 1000) + 60 },
    });
    expect(none.data).toEqual([]);
  });

  test("customers are found, changed and deleted", async () => {
    const customer = await stripe.customers.create({
      email: "find@example.com",
      metadata: { a: "1", b: "2" },
      address: { city: "SF", country: "US" },
    });
    const changed = await stripe.customers.update(customer.id, { name: "Zoë", metadata: { a: "" } });
    expect(changed).toMatchObject({ name: "Zoë", metadata: { b: "2" }, address: { city: "SF" } });
    expect(changed.metadata).not.toHaveProperty("a");
    expect((await stripe.customers.list({ email: "find@example.com" })).data.map(({ id }) => id)).toEqual([
      customer.id,
    ]);
    await stripe.customers.del(customer.id);
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
    await expect(authorize({ customer: customer.id })).rejects.toMatchObject({ code: "resource_missing" });
  });
});
