import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { setFaults } from "../support/sandbox.ts";
import { apiKey, charge, returnUrl } from "./stripe-charge.ts";
import { type Answer, json, rejectionOf, startVendorServer } from "./vendor-server.ts";

// Stripe keeps the first answer to a key for a day, also a 500 of its own after the work was done.

describe("work that was done although it is answered 500, again and again", () => {
  let sandbox: Sandbox;
  let sandboxUrl: string;
  let cards: CardProcessor;
  beforeAll(async () => {
    sandbox = createSandbox({ dataDir: ":memory:" });
    ({ url: sandboxUrl } = await sandbox.listen({ port: 0 }));
    cards = createStripeProcessor({ apiKey, baseUrl: sandboxUrl, timeoutMs: 5_000, returnUrl });
  });
  afterAll(() => sandbox?.[Symbol.asyncDispose]());

  /** The next request that makes such an object is carried out, and answered 500. */
  const fail = (path: string) =>
    setFaults(
      { sandboxUrl },
      { rules: [{ vendor: "stripe", method: "POST", path, kind: "error_after", times: 1 }] },
    );
  const intentsOf = async (wanted: string) => {
    const found: string[] = [];
    for await (const { paymentId, outcome } of cards.list({ since: new Date(0) })) {
      if (paymentId === wanted) found.push(outcome.providerId);
    }
    return found;
  };

  test.each([
    ["pm_card_visa", { state: "AUTHORIZED" }],
    [
      "pm_card_authenticationRequired",
      { state: "REQUIRES_ACTION", redirectUrl: expect.stringContaining("/3ds/") },
    ],
    ["pm_card_chargeDeclined", { state: "FAILED", declineCode: "generic_decline" }],
  ])("a charge of %s is found", async (source, want) => {
    const wanted = charge({ source });
    await fail("/v1/payment_intents");
    const outcome = await cards.authorize(wanted);
    expect(outcome).toMatchObject(want);
    expect(await cards.authorize(wanted)).toEqual(outcome);
    expect(await intentsOf(wanted.paymentId)).toEqual([outcome.providerId]);
  });

  test("a refund is found, and is one", async () => {
    const { providerId } = await cards.authorize(charge());
    await cards.capture({ providerId });
    await fail("/v1/refunds");
    const refund = { refundId: "ref_kept", providerId, currencyCode: "USD", amount: 300n };
    const id = await cards.refund(refund);
    expect(await cards.refund(refund)).toBe(id);
    expect(await cards.refundsOf({ providerId, currencyCode: "USD" })).toMatchObject([
      { providerId: id, amount: 300n },
    ]);
  });

  test("a customer is made anew, and is the same from then on", async () => {
    await fail("/v1/customers");
    const id = await cards.createCustomer("cus_kept");
    expect(await cards.createCustomer("cus_kept")).toBe(id);
  });

  test("a transfer is waited for once", async () => {
    const transfer = { paymentId: "pay_kept", orderId: "ord_1", currencyCode: "EUR", amount: 1000n };
    await fail("/v1/customers");
    const payer = await cards.createPayer("pay_kept");
    expect(await cards.createPayer("pay_kept")).toBe(payer);
    await fail("/v1/payment_intents");
    const outcome = await cards.requestTransfer({ ...transfer, payer });
    expect(outcome.state).toBe("AWAITING_TRANSFER");
    expect((await cards.requestTransfer({ ...transfer, payer })).providerId).toBe(outcome.providerId);
    expect(await intentsOf("pay_kept")).toEqual([outcome.providerId]);
  });
});

describe("work that was not done", () => {
  let server: Awaited<ReturnType<typeof startVendorServer>>;
  let cards: CardProcessor;
  beforeAll(async () => {
    server = await startVendorServer();
    cards = createStripeProcessor({ apiKey, baseUrl: server.url, timeoutMs: 5_000, returnUrl });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(() => server.answer());

  const made: Record<string, object> = {
    "/v1/payment_intents": { id: "pi_1", object: "payment_intent", status: "requires_capture" },
    "/v1/refunds": { id: "re_1", object: "refund", status: "succeeded" },
  };
  /** Stripe made nothing for the first keys, and says 500 to each of them. */
  const keeping =
    (failures: number): Answer =>
    (res, seen) => {
      const { method, path, headers } = seen;
      const [route = ""] = path.split("?");
      const [, nth = "1"] = /:(\d)$/.exec(String(headers["idempotency-key"])) ?? [];
      if (method === "GET") json(200, { object: "list", data: [], has_more: false })(res, seen);
      else if (Number(nth) > failures) json(200, made[route])(res, seen);
      else {
        res.setHeader("idempotent-replayed", "true");
        json(500, { error: { type: "api_error", message: "No." } })(res, seen);
      }
    };
  const keys = () => new Set(server.seen.flatMap(({ headers }) => headers["idempotency-key"] ?? []));

  const refund = { refundId: "ref_1", providerId: "pi_1", currencyCode: "USD", amount: 1n };
  test("is done under another key", async () => {
    server.answer(keeping(1));
    expect((await cards.authorize(charge({ paymentId: "pay_a" }))).state).toBe("AUTHORIZED");
    expect(keys()).toEqual(new Set(["pay_a:authorize", "pay_a:authorize:2"]));
    server.answer(keeping(2));
    expect(await cards.refund(refund)).toBe("re_1");
    expect(keys()).toEqual(new Set(["ref_1", "ref_1:2", "ref_1:3"]));
  });

  test("comes to nothing when no key helps", async () => {
    server.answer(keeping(9));
    expect(reasonOf(await rejectionOf(cards.authorize(charge())))).toBe("PROVIDER_UNAVAILABLE");
    expect(reasonOf(await rejectionOf(cards.refund(refund)))).toBe("PROVIDER_UNAVAILABLE");
  });
});
