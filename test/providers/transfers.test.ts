import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import type { TransferRequest } from "../../services/payment/transfer-collector.ts";
import { apiKey, charge, returnUrl } from "./stripe-charge.ts";
import { json, malformed, page, rejectionOf, reset, silence, startVendorServer } from "./vendor-server.ts";

let last = 0;
const request = (payer: string, fields: Partial<TransferRequest> = {}): TransferRequest => ({
  ...{ paymentId: `pay_t${++last}`, orderId: "ord_1", payer, currencyCode: "EUR", amount: 1000n },
  ...fields,
});

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

  const newPayer = () => cards.createPayer(`pay_p${++last}`);
  /** Money that comes for a payer; minor units. */
  const fund = async (payer: string, amount: number, currency = "eur") => {
    const response = await fetch(`${url}/v1/test_helpers/customers/${payer}/fund_cash_balance`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: new URLSearchParams({ amount: String(amount), currency }),
    });
    expect(response.status).toBe(200);
  };
  const look = async (providerId: string) => {
    const intent = await cards.inspect(providerId);
    return { state: intent?.outcome.state, captured: intent?.captured, ...intent?.transfer };
  };

  test.each([
    ["EUR", { number: /^DE\d{20}$/, bic: /^TESTDE/, bankCode: /^$/, countryCode: /^DE$/ }],
    ["GBP", { number: /^\d{8}$/, bic: /^$/, bankCode: /^\d{6}$/, countryCode: /^GB$/ }],
    ["USD", { number: /^\d{12}$/, bic: /^$/, bankCode: /^\d{9}$/, countryCode: /^US$/ }],
    ["JPY", { number: /^\d{7}$/, bic: /^$/, bankCode: /^\d{4}$/, branchCode: /^\d{3}$/ }],
    ["MXN", { number: /^\d{18}$/, bic: /^$/, bankCode: /^$/, countryCode: /^MX$/ }],
  ])("a transfer in %s has an account to pay to", async (currencyCode, like) => {
    const wanted = request(await newPayer(), { currencyCode, amount: 5000n });
    const outcome = await cards.requestTransfer(wanted);
    expect(outcome).toMatchObject({ state: "AWAITING_TRANSFER", clientSecret: "", redirectUrl: "" });
    expect(outcome.instructions?.reference).toMatch(/^\w{12}$/);
    expect(outcome.instructions?.account.holder).not.toBe("");
    const shapes = Object.entries(like).map(([name, shape]) => [name, expect.stringMatching(shape)]);
    expect(outcome.instructions?.account).toMatchObject(Object.fromEntries(shapes));
    // The same again is the same; and so it is told when it is asked after.
    expect(await cards.requestTransfer(wanted)).toEqual(outcome);
    expect(await cards.retrieve(outcome.providerId)).toEqual(outcome);
  });

  test("calls at the same moment make one payer of a payment, who has its id and nothing else", async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, () => cards.createPayer("pay_same")));
    expect(new Set(ids).size).toBe(1);
    const answer = await fetch(`${url}/v1/customers/${ids[0]}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(await answer.json()).toMatchObject({ metadata: { payment_id: "pay_same" }, email: null });
  });

  test("what comes is told: a part, the rest, an excess; each goes back from where it is", async () => {
    const payer = await newPayer();
    const { providerId } = await cards.requestTransfer(request(payer));
    await fund(payer, 400);
    expect(await look(providerId)).toEqual({
      ...{ state: "AWAITING_TRANSFER", captured: 0n, received: 400n, returned: 0n },
    });
    await fund(payer, 850);
    const paid = { state: "CAPTURED", captured: 1000n, received: 1250n };
    expect(await look(providerId)).toEqual({ ...paid, returned: 0n });

    const since = new Date(Date.now() - 60_000);
    const excess = {
      ...{ refundId: "ref_ex", since, payer, currencyCode: "EUR", amount: 250n, email: "ada@example.com" },
    };
    expect(await cards.findReturn({ refundId: "ref_ex", since })).toBeUndefined();
    const returned = await cards.returnUnused(excess);
    expect(await cards.returnUnused(excess)).toBe(returned);
    expect(await cards.findReturn({ refundId: "ref_ex", since })).toBe(returned);
    expect(await look(providerId)).toEqual({ ...paid, returned: 250n });
    const more = await rejectionOf(cards.returnUnused({ ...excess, refundId: "ref_more", amount: 1n }));
    expect(errorInfo(more)).toMatchObject({ reason: "REFUND_REFUSED" });

    await cards.refund({ ...excess, refundId: "ref_all", providerId, amount: 1000n });
    expect(await cards.inspect(providerId)).toMatchObject({ captured: 1000n, refunded: 1000n });
    expect(await look(providerId)).toEqual({ ...paid, returned: 250n });
  });

  test("given up, what had come is the payer's again, and what comes later stays so", async () => {
    const payer = await newPayer();
    const { providerId } = await cards.requestTransfer(request(payer));
    await fund(payer, 400);
    for (let time = 0; time < 2; time++) {
      expect((await cards.cancel({ providerId })).state).toBe("CANCELED");
    }
    await fund(payer, 5000);
    expect(await look(providerId)).toEqual({
      ...{ state: "CANCELED", captured: 0n, received: 5400n, returned: 0n },
    });
    const since = new Date();
    await cards.returnUnused({
      ...{ refundId: "ref_l", since, payer, currencyCode: "EUR", amount: 5400n, email: "" },
    });
    expect((await look(providerId)).returned).toBe(5400n);
  });

  test.each([
    ["IDR", 100_000n, "no transfers in IDR"],
    ["EUR", 1n, "Amount must be at least"],
  ])("%s %s cannot be transferred", async (currencyCode, amount, message) => {
    const err = await rejectionOf(cards.requestTransfer(request(await newPayer(), { currencyCode, amount })));
    expect(errorInfo(err)?.reason).toBe("PAYMENT_METHOD_INVALID");
    expect(errorInfo(err)?.metadata["provider_message"]).toContain(message);
  });

  test("the payments are told of which something is disputed since a time", async () => {
    const { providerId } = await cards.authorize(charge({ source: "pm_card_createDispute" }));
    await cards.capture({ providerId });
    const told = async (since: Date) => {
      const ids: string[] = [];
      for await (const id of cards.listDisputed({ since })) ids.push(id);
      return ids;
    };
    expect(await told(new Date(Date.now() - 60_000))).toEqual([providerId]);
    expect(await told(new Date(Date.now() + 60_000))).toEqual([]);
  });
});

describe("against a server that answers as it is told", () => {
  const timeoutMs = 300;
  let server: Awaited<ReturnType<typeof startVendorServer>>;
  let cards: CardProcessor;
  beforeAll(async () => {
    server = await startVendorServer();
    cards = createStripeProcessor({
      ...{ apiKey, baseUrl: server.url, timeoutMs, returnUrl, transferCountry: "IE" },
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const money = {
    ...{ refundId: "ref_1", since: new Date(), payer: "cus_1", currencyCode: "EUR", amount: 5n },
    email: "a@example.com",
  };
  const calls: Record<string, () => Promise<unknown>> = {
    createPayer: () => cards.createPayer("pay_1"),
    requestTransfer: () => cards.requestTransfer(request("cus_1")),
    returnUnused: () => cards.returnUnused(money),
    findReturn: () => cards.findReturn({ refundId: "ref_1", since: new Date() }),
    listDisputed: () => cards.listDisputed({ since: new Date() })[Symbol.asyncIterator]().next(),
  };

  test("a transfer is asked for under our id, from the payer, to an account in the country", async () => {
    server.answer(json(200, { id: "pi_1", object: "payment_intent", status: "processing" }));
    await cards.requestTransfer(request("cus_1", { paymentId: "pay_x" }));
    const [seen] = server.seen;
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      ...{ amount: "1000", currency: "eur", customer: "cus_1", confirm: "true" },
      "allowed_payment_method_types[0]": "customer_balance",
      "payment_method_data[type]": "customer_balance",
      "payment_method_options[customer_balance][funding_type]": "bank_transfer",
      "payment_method_options[customer_balance][bank_transfer][type]": "eu_bank_transfer",
      "payment_method_options[customer_balance][bank_transfer][eu_bank_transfer][country]": "IE",
      "metadata[order_id]": "ord_1",
      "metadata[payment_id]": "pay_x",
    });
    expect(seen?.headers["idempotency-key"]).toBe("pay_x:transfer");
  });

  test("what no payment has used is given back under our id, and the payer asked by e-mail", async () => {
    server.answer(json(200, { id: "re_1", object: "refund", status: "requires_action" }));
    expect(await cards.returnUnused(money)).toBe("re_1");
    const [seen] = server.seen;
    expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
      ...{ origin: "customer_balance", customer: "cus_1", amount: "5", currency: "eur" },
      ...{ instructions_email: "a@example.com", "metadata[refund_id]": "ref_1" },
    });
    expect(seen?.headers["idempotency-key"]).toBe("ref_1:unused");
  });

  test("a refund that Stripe says has failed is refused", async () => {
    server.answer(json(200, { id: "re_1", object: "refund", status: "failed", failure_reason: "declined" }));
    expect(errorInfo(await rejectionOf(cards.returnUnused(money)))).toMatchObject({
      reason: "REFUND_REFUSED",
      metadata: { provider_message: "declined" },
    });
  });

  test.each(Object.keys(calls))("%s: what goes wrong is a typed error, in time", async (name) => {
    const call = calls[name] ?? (() => Promise.resolve());
    const error = (status: number, type: string) => json(status, { error: { type, message: "No." } });
    for (const [answer, reason] of [
      [silence, "PROVIDER_UNAVAILABLE"],
      [reset, "PROVIDER_UNAVAILABLE"],
      [page(502), "PROVIDER_UNAVAILABLE"],
      [malformed, "PROVIDER_UNAVAILABLE"],
      [error(429, "rate_limit_error"), "PROVIDER_UNAVAILABLE"],
      [error(401, "invalid_request_error"), "PROVIDER_MISCONFIGURED"],
      [error(403, "invalid_request_error"), "PROVIDER_MISCONFIGURED"],
    ] as const) {
      server.answer(answer);
      expect(reasonOf(await rejectionOf(call()))).toBe(reason);
    }
  });

  test("an account that takes no transfers is a method that cannot be used", async () => {
    const message = "The payment method type customer_balance is not activated.";
    server.answer(json(400, { error: { type: "invalid_request_error", message } }));
    expect(errorInfo(await rejectionOf(cards.requestTransfer(request("cus_1"))))).toMatchObject({
      reason: "PAYMENT_METHOD_INVALID",
      metadata: { provider_message: message },
    });
  });
});
