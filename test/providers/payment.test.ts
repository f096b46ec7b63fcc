import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { TEST_CARDS } from "../../sandbox/stripe/test-cards.ts";
import type { CardCharge, CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import {
  type Answer,
  deadUrl,
  drip,
  everythingIn,
  json,
  malformed,
  page,
  rejectionOf,
  reset,
  silence,
  startVendorServer,
  truncated,
} from "./vendor-server.ts";

const apiKey = "sk_test_not_a_real_key";
const returnUrl = "https://shop.test/back";

let lastPayment = 0;
/** A charge of 10.00 USD under an id of its own. */
function charge(fields: Partial<CardCharge> = {}): CardCharge {
  return {
    paymentId: `pay_${++lastPayment}`,
    orderId: "ord_1",
    currencyCode: "USD",
    amount: 1000n,
    source: "pm_card_visa",
    email: "ada@example.com",
    ...fields,
  };
}

describe("against the sandbox", () => {
  let sandbox: Sandbox;
  let url: string;
  let cards: CardProcessor;
  beforeAll(async () => {
    sandbox = createSandbox({ dataDir: ":memory:" });
    ({ url } = await sandbox.listen({ port: 0 }));
    cards = createStripeProcessor({ apiKey, baseUrl: url, timeoutMs: 5_000, returnUrl });
  });
  afterAll(() => sandbox?.[Symbol.asyncDispose]());

  const sources = TEST_CARDS.map(({ name, behaviour }) => [`pm_card_${name}`, behaviour] as const);
  const approved = sources.filter(([, { kind }]) => kind === "approve").map(([source]) => source);
  const declining = sources.flatMap(([source, behaviour]) =>
    behaviour.kind === "decline" ? ([[source, behaviour.declineCode ?? behaviour.code]] as const) : [],
  );
  const asking = sources.filter(([, { kind }]) => kind === "challenge").map(([source]) => source);

  /** What the buyer's browser sends when the bank asks; where it is sent then. */
  const answerBank = async (pageUrl: string, answer: "authorise" | "fail") => {
    const body = new URLSearchParams({ outcome: answer });
    const { headers } = await fetch(pageUrl, { method: "POST", body, redirect: "manual" });
    return headers.get("location") ?? "";
  };
  const authorize = async (fields: Partial<CardCharge> = {}) => {
    const wanted = charge(fields);
    const { providerId } = await cards.authorize(wanted);
    return { paymentId: wanted.paymentId, providerId };
  };

  test.each([...approved, "tok_visa"])("%s is authorized", async (source) => {
    const outcome = await cards.authorize(charge({ source }));
    expect(outcome).toEqual({
      state: "AUTHORIZED",
      providerId: expect.stringMatching(/^pi_/),
      clientSecret: "",
      redirectUrl: "",
      declineCode: "",
      declineMessage: "",
    });
  });

  test.each(declining)("%s is declined as %s", async (source, declineCode) => {
    const outcome = await cards.authorize(charge({ source }));
    expect(outcome).toMatchObject({ state: "FAILED", declineCode, clientSecret: "" });
    expect(outcome.providerId).toMatch(/^pi_/);
    expect(outcome.declineMessage).not.toBe("");
  });

  test.each(asking)("%s asks the buyer, and comes to an end once the bank has its answer", async (source) => {
    const asked = await cards.authorize(charge({ source }));
    expect(asked.state).toBe("REQUIRES_ACTION");
    expect(asked.clientSecret).toMatch(new RegExp(`^${asked.providerId}_secret_`));
    expect(await cards.retrieve(asked.providerId)).toEqual(asked);
    expect(await answerBank(asked.redirectUrl, "authorise")).toContain(returnUrl);
    const declines = source.includes("ChargeDeclined");
    const ended = await cards.retrieve(asked.providerId);
    expect(ended).toMatchObject({
      state: declines ? "FAILED" : "AUTHORIZED",
      clientSecret: "",
      redirectUrl: "",
    });
    expect(ended.declineCode).toMatch(declines ? /generic_decline|insufficient_funds/ : /^$/);
  });

  test("a buyer who fails 3-D Secure has failed the payment", async () => {
    const asked = await cards.authorize(charge({ source: "pm_card_authenticationRequired" }));
    await answerBank(asked.redirectUrl, "fail");
    expect(await cards.retrieve(asked.providerId)).toMatchObject({
      state: "FAILED",
      declineCode: "payment_intent_authentication_failure",
    });
  });

  test("the same payment again is the same intent; the same id for another is a fault of the shop", async () => {
    const wanted = charge();
    const first = await cards.authorize(wanted);
    expect(await cards.authorize(wanted)).toEqual(first);
    const err = await rejectionOf(cards.authorize({ ...wanted, amount: 1001n }));
    expect(reasonOf(err)).toBe("PROVIDER_MISCONFIGURED");
  });

  test("a declined payment again is declined again, without another attempt", async () => {
    const wanted = charge({ source: "pm_card_chargeDeclined" });
    const first = await cards.authorize(wanted);
    expect(await cards.authorize(wanted)).toEqual(first);
  });

  test("authorized money is captured once, however often it is asked for", async () => {
    const payment = await authorize();
    for (let time = 0; time < 2; time++) expect((await cards.capture(payment)).state).toBe("CAPTURED");
    expect((await cards.cancel(payment)).state).toBe("CAPTURED");
  });

  test("a canceled payment frees its money, and cannot be captured any more", async () => {
    const payment = await authorize();
    for (let time = 0; time < 2; time++) expect((await cards.cancel(payment)).state).toBe("CANCELED");
    expect((await cards.capture(payment)).state).toBe("CANCELED");
  });

  test("a payment that waits for the buyer can be canceled; the bank's page then changes nothing", async () => {
    const asked = await cards.authorize(charge({ source: "pm_card_authenticationRequired" }));
    expect(await cards.cancel(asked)).toMatchObject({ state: "CANCELED", clientSecret: "", redirectUrl: "" });
    await answerBank(asked.redirectUrl, "authorise");
    expect((await cards.retrieve(asked.providerId)).state).toBe("CANCELED");
  });

  test("a declined payment can be given up", async () => {
    const declined = await cards.authorize(charge({ source: "pm_card_chargeDeclined" }));
    expect((await cards.cancel(declined)).state).toBe("CANCELED");
  });

  describe("refunds", () => {
    const refund = (providerId: string, refundId: string, amount: bigint) =>
      cards.refund({ providerId, refundId, amount, currencyCode: "USD" });

    test("parts go back until nothing is left; each once", async () => {
      const { providerId } = await authorize();
      await cards.capture({ providerId });
      const first = await refund(providerId, "ref_1a", 300n);
      expect(await refund(providerId, "ref_1a", 300n)).toBe(first);
      expect(await refund(providerId, "ref_1b", 700n)).not.toBe(first);
      const err = await rejectionOf(refund(providerId, "ref_1c", 1n));
      expect(reasonOf(err)).toBe("REFUND_REFUSED");
    });

    test("more than is left is refused, with Stripe's words", async () => {
      const { providerId } = await authorize();
      await cards.capture({ providerId });
      const err = await rejectionOf(refund(providerId, "ref_2", 1001n));
      expect(errorInfo(err)?.reason).toBe("REFUND_REFUSED");
      expect(errorInfo(err)?.metadata["provider_message"]).toContain("greater than unrefunded amount");
    });

    test("what was not captured cannot go back", async () => {
      const { providerId } = await authorize();
      expect(reasonOf(await rejectionOf(refund(providerId, "ref_3", 1n)))).toBe("REFUND_REFUSED");
    });
  });

  describe("what the provider has", () => {
    test("an intent is seen with our ids, what was taken and what went back", async () => {
      const { paymentId, providerId } = await authorize({ orderId: "ord_seen", amount: 2500n });
      const reserved = { paymentId, orderId: "ord_seen", currencyCode: "USD", captured: 0n, refunded: 0n };
      expect(await cards.inspect(providerId)).toMatchObject({
        ...reserved,
        outcome: { state: "AUTHORIZED" },
      });
      await cards.capture({ providerId });
      const made = await cards.refund({
        providerId,
        refundId: "ref_seen",
        amount: 500n,
        currencyCode: "USD",
      });
      expect(await cards.inspect(providerId)).toMatchObject({ captured: 2500n, refunded: 500n });
      expect(await cards.refundsOf({ providerId, currencyCode: "USD" })).toEqual([
        { providerId: made, refundId: "ref_seen", amount: 500n, state: "COMPLETED" },
      ]);
    });

    test("a reservation that was given up holds nothing and gave nothing back", async () => {
      const payment = await authorize();
      await cards.cancel(payment);
      const intent = await cards.inspect(payment.providerId);
      expect(intent).toMatchObject({ outcome: { state: "CANCELED" }, captured: 0n, refunded: 0n });
    });

    test("an intent that the provider does not know is undefined", async () => {
      expect(await cards.inspect("pi_unknown")).toBeUndefined();
    });

    test("all intents of a time are listed, over several pages, each at once", async () => {
      const before = new Date();
      const wanted = Array.from({ length: 120 }, () => charge());
      for (const each of wanted) await cards.authorize(each);
      const listed = new Set<string>();
      const hour = 3_600_000;
      const since = new Date(before.getTime() - hour);
      const until = new Date(before.getTime() + hour);
      for await (const intent of cards.list({ since, until })) listed.add(intent.paymentId);
      expect(wanted.filter(({ paymentId }) => !listed.has(paymentId))).toEqual([]);
      for await (const intent of cards.list({ since: until })) expect(intent).toBeUndefined();
    });
  });

  test.each([
    ["an unknown payment method", { source: "pm_card_nobodyKnows" }],
    ["an unknown token", { source: "tok_nobodyKnows" }],
  ])("%s is PAYMENT_METHOD_INVALID, with Stripe's words", async (_what, fields) => {
    const err = await rejectionOf(cards.authorize(charge(fields)));
    expect(errorInfo(err)?.reason).toBe("PAYMENT_METHOD_INVALID");
    expect(errorInfo(err)?.metadata["provider_message"]).toContain("No such");
  });

  test.each([
    ["too small an amount", { amount: 1n }, /^amount_too_small$/],
    ["a currency that is none", { currencyCode: "XX" }, /./],
  ])("%s is an outcome, so that the order does not wait for it", async (_what, fields, declineCode) => {
    const outcome = await cards.authorize(charge(fields));
    expect(outcome.state).toBe("FAILED");
    expect(outcome.declineCode).toMatch(declineCode);
    expect(outcome.declineMessage).not.toBe("");
  });

  test("a wrong key is PROVIDER_MISCONFIGURED, and not shown", async () => {
    const wrong = createStripeProcessor({ apiKey: "wrong_key", baseUrl: url, timeoutMs: 5_000, returnUrl });
    for (const call of [
      wrong.authorize(charge()),
      wrong.capture({ providerId: "pi_1" }),
      wrong.cancel({ providerId: "pi_1" }),
      wrong.retrieve("pi_1"),
      wrong.inspect("pi_1"),
      wrong.refundsOf({ providerId: "pi_1", currencyCode: "USD" }),
      wrong.refund({ providerId: "pi_1", refundId: "ref_9", amount: 1n, currencyCode: "USD" }),
    ]) {
      const err = await rejectionOf(call);
      expect(reasonOf(err)).toBe("PROVIDER_MISCONFIGURED");
      expect(everythingIn(err)).not.toContain("wrong_key");
    }
  });

  test("an intent that the provider does not know cannot be settled by asking", async () => {
    const call = cards.retrieve("pi_unknown");
    expect(reasonOf(await rejectionOf(call))).toBe("PROVIDER_UNAVAILABLE");
  });
});

describe("against a server that answers as it is told", () => {
  const timeoutMs = 300;
  let server: Awaited<ReturnType<typeof startVendorServer>>;
  let cards: CardProcessor;
  beforeAll(async () => {
    server = await startVendorServer();
    cards = createStripeProcessor({ apiKey, baseUrl: server.url, timeoutMs, returnUrl });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const intent = (fields: object) => json(200, { id: "pi_1", object: "payment_intent", ...fields });
  const error = (status: number, fields: object) => json(status, { error: { message: "No.", ...fields } });
  const calls: Record<string, (on: CardProcessor) => Promise<unknown>> = {
    authorize: (on) => on.authorize(charge()),
    capture: (on) => on.capture({ providerId: "pi_1" }),
    cancel: (on) => on.cancel({ providerId: "pi_1" }),
    retrieve: (on) => on.retrieve("pi_1"),
    refund: (on) => on.refund({ providerId: "pi_1", refundId: "ref_1", amount: 1n, currencyCode: "USD" }),
  };
  const everyCall = Object.entries(calls);

  test("an intent is asked for with manual capture, for cards alone, under our id", async () => {
    server.answer(intent({ status: "requires_capture" }));
    await cards.authorize(charge({ paymentId: "pay_x", email: "" }));
    const [seen] = server.seen;
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      amount: "1000",
      currency: "usd",
      capture_method: "manual",
      confirm: "true",
      "allowed_payment_method_types[0]": "card",
      return_url: returnUrl,
      "metadata[order_id]": "ord_1",
      "metadata[payment_id]": "pay_x",
      payment_method: "pm_card_visa",
    });
    expect(seen?.headers["idempotency-key"]).toBe("pay_x:authorize");
  });

  test.each([
    ["USD", 1099n, "1099"],
    ["JPY", 1099n, "1099"],
    ["KWD", 1090n, "1090"],
    ["ISK", 5n, "500"],
    ["UGX", 5n, "500"],
    ["MGA", 500n, "5"],
  ])("%s %s is charged and given back as %s", async (currencyCode, amount, sent) => {
    server.answer(intent({ status: "requires_capture" }), json(200, { id: "re_1", status: "succeeded" }));
    await cards.authorize(charge({ currencyCode, amount }));
    await cards.refund({ providerId: "pi_1", refundId: "ref_c", currencyCode, amount });
    expect(server.seen.map(({ body }) => new URLSearchParams(body).get("amount"))).toEqual([sent, sent]);
  });

  test("a part of an ariary, which Stripe cannot write, is refused before Stripe is asked", async () => {
    server.answer(page(500));
    const paying = cards.authorize(charge({ currencyCode: "MGA", amount: 501n }));
    expect(reasonOf(await rejectionOf(paying))).toBe("PAYMENT_METHOD_INVALID");
    const refunding = cards.refund({ providerId: "pi_1", refundId: "r", currencyCode: "MGA", amount: 1n });
    expect(reasonOf(await rejectionOf(refunding))).toBe("REFUND_REFUSED");
    expect(server.seen).toEqual([]);
  });

  test.each([
    ["processing", "PROCESSING"],
    ["requires_confirmation", "PROCESSING"],
    ["requires_action", "REQUIRES_ACTION"],
    ["requires_capture", "AUTHORIZED"],
    ["succeeded", "CAPTURED"],
    ["canceled", "CANCELED"],
    ["requires_payment_method", "FAILED"],
  ])("status %s is %s", async (status, state) => {
    server.answer(intent({ status, client_secret: "s" }));
    expect(await cards.retrieve("pi_1")).toMatchObject({
      state,
      clientSecret: state === "REQUIRES_ACTION" ? "s" : "",
    });
  });

  test("a refund that Stripe reports as failed was refused", async () => {
    server.answer(json(200, { id: "re_1", status: "failed", failure_reason: "expired_or_canceled_card" }));
    expect(errorInfo(await rejectionOf(calls["refund"]!(cards)))).toMatchObject({
      reason: "REFUND_REFUSED",
      metadata: { provider_message: "expired_or_canceled_card" },
    });
  });

  const outOfOrder: [string, Answer][] = [
    ["a page instead of JSON", page(502)],
    ["broken JSON", malformed],
    ["an answer that breaks off", truncated],
    ["a reset connection", reset],
    ["silence", silence],
    ["an answer that never ends", drip],
    ["an unknown status", intent({ status: "on_holiday" })],
    ["an object that is none of theirs", json(200, {})],
    ["too many requests", error(429, { type: "invalid_request_error", code: "rate_limit" })],
    ["the same key under way", error(409, { type: "invalid_request_error", code: "idempotency_key_in_use" })],
    ["a failure of theirs", error(500, { type: "api_error" })],
  ];
  test.each(outOfOrder)("%s is PROVIDER_UNAVAILABLE in time, for every call", async (what, answer) => {
    for (const [name, call] of everyCall) {
      // Statuses are an intent's; a refund's answer is known by its id.
      if (name === "refund" && what === "an unknown status") continue;
      server.answer(answer);
      const started = performance.now();
      const err = await rejectionOf(call(cards));
      expect([name, reasonOf(err)]).toEqual([name, "PROVIDER_UNAVAILABLE"]);
      expect(performance.now() - started).toBeLessThan(timeoutMs + 400);
    }
  });

  test.each(everyCall)("nobody listening is PROVIDER_UNAVAILABLE: %s", async (_name, call) => {
    const lost = createStripeProcessor({ apiKey, baseUrl: await deadUrl(), timeoutMs: 5_000, returnUrl });
    const err = await rejectionOf(call(lost));
    expect(reasonOf(err)).toBe("PROVIDER_UNAVAILABLE");
    expect(everythingIn(err)).not.toContain(apiKey);
  });

  test.each([401, 403])("%i is PROVIDER_MISCONFIGURED", async (status) => {
    for (const [, call] of everyCall) {
      server.answer(error(status, { type: "invalid_request_error" }));
      expect(reasonOf(await rejectionOf(call(cards)))).toBe("PROVIDER_MISCONFIGURED");
    }
  });

  test("an intent and a refund are tried again under the same key", async () => {
    server.answer(reset, intent({ status: "requires_capture" }));
    const quick = createStripeProcessor({ apiKey, baseUrl: server.url, timeoutMs: 5_000, returnUrl });
    expect((await quick.authorize(charge({ paymentId: "pay_again" }))).state).toBe("AUTHORIZED");
    expect(server.seen.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "pay_again:authorize",
      "pay_again:authorize",
    ]);
  });

  test("a later capture is not answered with an earlier failure: its keys differ", async () => {
    server.answer(intent({ status: "succeeded" }));
    await cards.capture({ providerId: "pi_1" });
    await cards.capture({ providerId: "pi_1" });
    const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });
});
