import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { TEST_CARDS } from "../../sandbox/stripe/test-cards.ts";
import type { CardCharge, CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { apiKey, charge, returnUrl } from "./stripe-charge.ts";
import { everythingIn, rejectionOf } from "./vendor-server.ts";

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
