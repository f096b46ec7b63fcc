import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Checker, createChecker, type Exchange, PROVIDERS, type VendorName } from "./conformance.ts";
import { type Harness, startHarness } from "./harness.ts";
import { everyEndpoint } from "./tour.ts";

const VENDORS = ["stripe", "shippo", "sendgrid", "twilio"] as const;
if (!PROVIDERS)
  process.stderr.write(
    "The vendors' OpenAPI documents (../shared/providers) are not here: only the SDKs are run.\n",
  );

interface Recorded {
  call: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

let sandbox: Harness;
beforeAll(async () => {
  sandbox = await startHarness();
  await everyEndpoint(sandbox);
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

function vendorOf(target: string): VendorName {
  if (target.startsWith("/v1/")) return "stripe";
  if (target.startsWith("/v3/")) return "sendgrid";
  return target.startsWith("/2010-04-01/") ? "twilio" : "shippo";
}

test("the tour reaches every vendor", () => {
  const counts = Object.groupBy(sandbox.exchanges, ({ target }) => vendorOf(target));
  expect(VENDORS.map((vendor) => [vendor, (counts[vendor]?.length ?? 0) > 2])).toEqual(
    VENDORS.map((vendor) => [vendor, true]),
  );
});

describe.skipIf(!PROVIDERS)("the vendors' documents", () => {
  const folder = PROVIDERS ?? "";
  const checkers = new Map<VendorName, Checker>();
  const checker = (vendor: VendorName): Checker => {
    const made = checkers.get(vendor) ?? createChecker(vendor, folder);
    checkers.set(vendor, made);
    return made;
  };
  // The trimmed document of Stripe leaves these out; the SDK's types check them.
  const absent = (exchange: Exchange) => exchange.target.startsWith("/v1/balance");

  test.each(VENDORS)("every exchange with %s fits its document", (vendor) => {
    const problems = sandbox.exchanges
      .filter((exchange) => vendorOf(exchange.target) === vendor && !absent(exchange))
      .flatMap((exchange) => {
        const { method, target, status } = exchange;
        const found = [...checker(vendor).request(exchange), ...checker(vendor).response(exchange)];
        return found.map((problem) => `${method} ${target} ${status}: ${problem}`);
      });
    expect(problems).toEqual([]);
  });

  const recorded: { requests: Recorded[] } = PROVIDERS
    ? JSON.parse(readFileSync(join(folder, "recorded-requests.json"), "utf8"))
    : { requests: [] };
  // Endpoints of Stripe and Shippo that the sandbox does not have.
  const without = /^\/v1\/(products|prices|webhook_endpoints)|^\/tracks$/;

  async function replay({ method, path, headers, body }: Recorded) {
    const { authorization = "", "content-type": type = "application/json" } = headers;
    const answer = await fetch(sandbox.url + path, {
      method,
      headers: { authorization, "content-type": type },
      ...(method === "POST" && { body }),
    });
    const exchange: Exchange = {
      method,
      target: path,
      headers,
      body,
      status: answer.status,
      answer: await answer.text(),
    };
    return { exchange, checker: checker(vendorOf(path)) };
  }

  test.each(recorded.requests.filter(({ path }) => !without.test(path)))(
    "the recorded $call is understood",
    async (request) => {
      const { exchange, checker: document } = await replay(request);
      expect(document.request(exchange)).toEqual([]);
      // The recording's ids exist nowhere, which is all that may be wrong.
      expect(exchange.status < 400 || /No such|not found/i.test(exchange.answer)).toBe(true);
      expect(document.response(exchange)).toEqual([]);
    },
  );

  test.each(recorded.requests.filter(({ path }) => without.test(path)))(
    "the recorded $call has no endpoint",
    async (request) => {
      expect((await replay(request)).exchange.status).toBe(404);
    },
  );

  const form = "application/x-www-form-urlencoded";
  const wire = { length: "1", width: "1", height: "1", distance_unit: "in", weight: "1", mass_unit: "lb" };
  const party = { name: "A", street1: "1", city: "B", zip: "10001", country: "US" };
  const messages = `/2010-04-01/Accounts/AC${"0".repeat(32)}/Messages.json`;
  const basic = `Basic ${Buffer.from(`AC${"0".repeat(32)}:x`).toString("base64")}`;
  // Each is refused by the vendor's document and must be by the sandbox.
  test.each<[VendorName, string, string, string]>([
    ["stripe", "no currency", "/v1/payment_intents", "amount=900"],
    ["stripe", "a word for an amount", "/v1/payment_intents", "amount=ten&currency=usd"],
    ["stripe", "a misspelt parameter", "/v1/payment_intents", "amount=900&currency=usd&amout=1"],
    [
      "stripe",
      "a removed parameter",
      "/v1/payment_intents",
      "amount=900&currency=usd&payment_method_types[]=card",
    ],
    [
      "stripe",
      "an unknown capture method",
      "/v1/payment_intents",
      "amount=900&currency=usd&capture_method=later",
    ],
    ["stripe", "a word for a flag", "/v1/payment_intents", "amount=900&currency=usd&confirm=maybe"],
    [
      "stripe",
      "an unknown field of a group",
      "/v1/payment_intents",
      "amount=900&currency=usd&shipping[nme]=x",
    ],
    ["stripe", "an unknown reason", "/v1/refunds", "payment_intent=pi_x&reason=regret"],
    ["stripe", "an unknown parameter of a refund", "/v1/refunds", "intent=pi_x"],
    ["stripe", "an unknown kind of method", "/v1/payment_methods", "type=gold"],
    ["shippo", "no country", "/addresses", JSON.stringify({ name: "A" })],
    ["shippo", "a number for a length", "/parcels", JSON.stringify({ ...wire, length: 1 })],
    ["shippo", "no weight", "/parcels", JSON.stringify({ ...wire, weight: undefined })],
    ["shippo", "an unknown unit", "/parcels", JSON.stringify({ ...wire, mass_unit: "stone" })],
    ["shippo", "no parcels", "/shipments", JSON.stringify({ address_from: party, address_to: party })],
    ["shippo", "no receiver", "/shipments", JSON.stringify({ address_from: party, parcels: [wire] })],
    ["shippo", "no rate", "/transactions", JSON.stringify({ async: false })],
    [
      "shippo",
      "an unknown label type",
      "/transactions",
      JSON.stringify({ rate: "r", label_file_type: "GIF" }),
    ],
    ["shippo", "no transaction", "/refunds", "{}"],
    ["sendgrid", "no personalizations", "/v3/mail/send", JSON.stringify({ from: { email: "a@x.co" } })],
    [
      "sendgrid",
      "no reader",
      "/v3/mail/send",
      JSON.stringify({
        from: { email: "a@x.co" },
        personalizations: [{}],
        subject: "x",
        content: [{ type: "text/plain", value: "x" }],
      }),
    ],
    [
      "sendgrid",
      "empty content",
      "/v3/mail/send",
      JSON.stringify({
        from: { email: "a@x.co" },
        personalizations: [{ to: [{ email: "b@x.co" }] }],
        subject: "x",
        content: [{ type: "text/plain", value: "" }],
      }),
    ],
    ["twilio", "no reader", messages, "From=%2B15005550006&Body=x"],
  ])("%s: %s is refused", async (vendor, _, path, body) => {
    const authorization = {
      stripe: "Bearer sk_test_x",
      shippo: "ShippoToken shippo_test_x",
      sendgrid: "Bearer SG.x",
      twilio: basic,
    }[vendor];
    const headers = { authorization, "content-type": body.startsWith("{") ? "application/json" : form };
    const exchange: Exchange = { method: "POST", target: path, headers, body, status: 0, answer: "" };
    expect(checker(vendor).request(exchange)).not.toEqual([]);
    const answer = await fetch(sandbox.url + path, { method: "POST", headers, body });
    expect(answer.status).toBe(400);
    const checked = { ...exchange, status: answer.status, answer: await answer.text() };
    expect(checker(vendor).response(checked)).toEqual([]);
  });

  test("the checker sees a wrong answer", () => {
    const exchange = sandbox.exchanges.find(
      ({ method, target }) => method === "POST" && target === "/v1/payment_intents",
    );
    if (!exchange) throw new Error("the tour made no payment intent");
    const answer = JSON.stringify({ ...(JSON.parse(exchange.answer) as object), status: "lost" });
    expect(checker("stripe").response({ ...exchange, answer })).not.toEqual([]);
  });
});
