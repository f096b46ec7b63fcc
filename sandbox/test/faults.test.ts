import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { SANDBOX_KEYS } from "../sandbox.ts";
import { sdkClients } from "./clients.ts";
import { type Harness, startHarness } from "./harness.ts";

let sandbox: Harness;
/** Straight to the sandbox: the recorder would answer a dropped connection by itself. */
let sdk: ReturnType<typeof sdkClients>;
beforeAll(async () => {
  sandbox = await startHarness();
  sdk = sdkClients(sandbox.url);
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

const api = async (method: string, body?: unknown, path = "faults") => {
  const answer = await fetch(`${sandbox.url}/sandbox/api/${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const rule = async (kind: string, fields: object = {}, settings: object = {}) => {
  const rules = [{ vendor: "stripe", method: "POST", path: "/v1/customers", kind, times: 1, ...fields }];
  expect((await api("PUT", { rules, ...settings })).status).toBe(200);
};
const countOf = async () => (await sdk.stripe.customers.list({ limit: 100 })).data.length;

beforeEach(async () => {
  await api("DELETE");
});

describe("Stripe", () => {
  const key = (name: string) => ({ idempotencyKey: name });

  test.each([
    ["error_before", "StripeAPIError", 500],
    ["rate_limited", "StripeRateLimitError", 429],
    ["drop_before", "StripeConnectionError", undefined],
  ])("%s: nothing happened, and the key is free", async (kind, type, statusCode) => {
    const before = await countOf();
    // The SDK itself repeats after a reset connection, once.
    await rule(kind, { times: kind === "drop_before" ? 2 : 1 });
    await expect(sdk.stripe.customers.create({ name: kind }, key(kind))).rejects.toMatchObject({
      type,
      ...(statusCode && { statusCode }),
    });
    expect(await countOf()).toBe(before);
    expect(await sdk.stripe.customers.create({ name: kind }, key(kind))).toMatchObject({ name: kind });
    expect(await countOf()).toBe(before + 1);
  });

  test("error_after: it happened, and the key answers 500 from then on, as Stripe's do", async () => {
    const before = await countOf();
    await rule("error_after");
    for (let n = 0; n < 2; n += 1) {
      await expect(sdk.stripe.customers.create({ name: "a" }, key("after"))).rejects.toMatchObject({
        type: "StripeAPIError",
        statusCode: 500,
        headers: expect.objectContaining(n === 0 ? {} : { "idempotent-replayed": "true" }),
      });
    }
    expect(await countOf()).toBe(before + 1);
  });

  test("error_after does not touch the answer that an earlier request has saved", async () => {
    const made = await sdk.stripe.customers.create({ name: "a" }, key("kept"));
    await rule("error_after");
    await expect(sdk.stripe.customers.create({ name: "a" }, key("kept"))).rejects.toMatchObject({
      statusCode: 500,
    });
    expect((await sdk.stripe.customers.create({ name: "a" }, key("kept"))).id).toBe(made.id);
  });

  test.each(["timeout_after", "drop_after"])(
    "%s: it happened, and a repetition with the key gets the answer",
    async (kind) => {
      const before = await countOf();
      await rule(kind);
      const headers = {
        authorization: `Bearer ${SANDBOX_KEYS.stripe}`,
        "idempotency-key": kind,
        "content-type": "application/x-www-form-urlencoded",
      };
      const send = (signal?: AbortSignal) =>
        fetch(`${sandbox.url}/v1/customers`, {
          method: "POST",
          headers,
          body: "name=lost",
          ...(signal && { signal }),
        });
      const impatient = new AbortController();
      const lost = send(impatient.signal).catch((err: unknown) => err);
      await waitFor(async () => (await countOf()) === before + 1);
      // While the first caller still waits, too: the vendor is done with its request.
      const answer = await send();
      expect([answer.status, answer.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
      impatient.abort();
      expect(await lost).toBeInstanceOf(Error);
      expect(await countOf()).toBe(before + 1);
    },
  );

  test("timeout_before: silence, then the connection ends, and nothing happened", async () => {
    const before = await countOf();
    await rule("timeout_before", { times: 2 }, { timeoutMs: 20 });
    await expect(sdk.stripe.customers.create({})).rejects.toMatchObject({ type: "StripeConnectionError" });
    expect(await countOf()).toBe(before);
  });

  test("latency: the answer comes", async () => {
    await rule("latency", {}, { latencyMs: 5 });
    expect(await sdk.stripe.customers.create({ name: "late" })).toMatchObject({ name: "late" });
    expect((await api("GET")).body["faults"]).toEqual({ latency: 1 });
  });
});

describe("the other vendors", () => {
  const address = { name: "A", street1: "1", city: "b", state: "CA", zip: "94117", country: "US" };
  const text = { to: "+15558675310", from: "+15005550006", body: "x" };
  const mail = { to: "a@example.com", from: "s@example.com", subject: "x", text: "x" };
  const calls = {
    shippo: { path: "/addresses", call: () => sdk.shippo.addresses.create(address) },
    sendgrid: { path: "/v3/mail/send", call: () => sdk.mail.send(mail) },
    twilio: { path: "/2010-04-01/", call: () => sdk.sms.messages.create(text) },
  };
  const made = {
    shippo: async () => (await sdk.shippo.addresses.list(1, 100)).results?.length ?? 0,
    sendgrid: async () => ((await api("GET", undefined, "emails")).body["items"] as []).length,
    twilio: async () => ((await api("GET", undefined, "messages")).body["items"] as []).length,
  };

  test.each([
    ["shippo", "error_before", { statusCode: 500 }, 0],
    ["shippo", "error_after", { statusCode: 500 }, 1],
    ["shippo", "rate_limited", { statusCode: 429 }, 0],
    ["sendgrid", "error_before", { code: 500 }, 0],
    ["sendgrid", "error_after", { code: 500 }, 1],
    ["sendgrid", "rate_limited", { code: 429 }, 0],
    ["sendgrid", "drop_after", { code: "ECONNRESET" }, 1],
    ["twilio", "error_before", { status: 500, code: 20500 }, 0],
    ["twilio", "error_after", { status: 500, code: 20500 }, 1],
    ["twilio", "rate_limited", { status: 429, code: 20429 }, 0],
    ["twilio", "drop_after", { code: "ECONNRESET" }, 1],
  ] as const)("%s %s", async (vendor, kind, error, more) => {
    const before = await made[vendor]();
    await rule(kind, { vendor, path: calls[vendor].path });
    await expect(calls[vendor].call()).rejects.toMatchObject(error);
    expect(await made[vendor]()).toBe(before + more);
  });
});

describe("settings", () => {
  test("are shown, changed, refused with the field, and cleared", async () => {
    const put = await api("PUT", { seed: 5, rate: 0.25, kinds: ["latency"], latencyMs: 1 });
    expect(put).toMatchObject({
      status: 200,
      body: { settings: { seed: 5, rate: 0.25, kinds: ["latency"] } },
    });
    expect((await api("GET")).body).toEqual(put.body);
    expect(await api("PUT", { rate: 2 })).toMatchObject({ status: 400, body: { error: { field: "rate" } } });
    expect(await api("PUT", "{")).toMatchObject({ status: 400, body: { error: { field: "body" } } });
    expect((await api("GET")).body).toEqual(put.body);
    expect((await api("DELETE")).body).toMatchObject({ settings: { rate: 0 } });
  });

  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.url}/sandbox/faults`, {
      method: "POST",
      body: new URLSearchParams(fields),
      redirect: "manual",
      headers,
    });

  test("can be switched on the page, but not from another site's", async () => {
    const rules = [{ vendor: "twilio", path: "/nowhere", kind: "latency", times: 1 }];
    await api("PUT", { rules });
    const fields = { rate: "12.5", seed: "9", kinds: "drop_after", vendors: "shippo", duplicate: "50" };
    expect((await form(fields)).status).toBe(303);
    const want = {
      rate: 0.125,
      seed: 9,
      kinds: ["drop_after"],
      vendors: ["shippo"],
      webhooks: { duplicate: 0.5 },
      rules,
    };
    expect((await api("GET")).body).toMatchObject({ settings: want });
    const page = await (await fetch(`${sandbox.url}/sandbox/faults`)).text();
    expect(page).toContain('value="12.5"');
    expect(page).toMatch(/value="drop_after" checked/);
    expect((await form({ ...fields, rate: "x" })).status).toBe(400);
    expect((await form({ off: "1" }, { origin: "https://evil.example" })).status).toBe(403);
    expect((await api("GET")).body).toMatchObject({ settings: want });
    expect((await form({ off: "1" })).status).toBe(303);
    expect((await api("GET")).body).toMatchObject({ settings: { rate: 0, rules: [] } });
  });
});
