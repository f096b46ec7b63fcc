import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { apiKey, charge, returnUrl } from "./stripe-charge.ts";
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
    server.answer(
      intent({ status: "requires_capture" }),
      json(200, { id: "re_1", object: "refund", status: "succeeded" }),
    );
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
    server.answer(
      json(200, {
        id: "re_1",
        object: "refund",
        status: "failed",
        failure_reason: "expired_or_canceled_card",
      }),
    );
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
