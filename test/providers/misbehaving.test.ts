import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { SendUnavailable } from "../../services/notify/send-errors.ts";
import { createSendgridSender } from "../../services/notify/sendgrid-sender.ts";
import { createTwilioSender } from "../../services/notify/twilio-sender.ts";
import type { CardProcessor } from "../../services/payment/card-processor.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { type Carrier, CarrierUnavailable } from "../../services/shipping/carrier.ts";
import { createShippoCarrier } from "../../services/shipping/shippo-carrier.ts";
import { consignment, purchase, sender, apiKey as shippoKey } from "./shippo-answers.ts";
import { charge, returnUrl, apiKey as stripeKey } from "./stripe-charge.ts";
import {
  type Answer,
  busy,
  deadUrl,
  drip,
  everythingIn,
  flood,
  json,
  malformed,
  page,
  redirect,
  rejectionOf,
  reset,
  silence,
  stalled,
  startVendorServer,
  truncated,
} from "./vendor-server.ts";

const timeoutMs = 300;

/** What a host may do that is no vendor, or one that is out of order. */
const hosts: [string, Answer][] = [
  ["never answers", silence],
  ["answers and stalls in the body", stalled],
  ["drips", drip],
  ["closes in the middle of the body", truncated],
  ["resets the connection", reset],
  ["answers 200 with HTML", page(200)],
  ["answers 201 with JSON that breaks off", malformed],
  ["answers 200 with JSON of another shape", json(200, { hello: "world" })],
  ["answers 200 with a list", json(200, [])],
  ["answers 200 with null", json(200, null)],
  ["answers 401", json(401, { error: { type: "invalid_request_error", message: "No." } })],
  ["answers 429 and says when to come again", busy],
  ["answers 500", page(500)],
  ["redirects for ever", redirect],
  ["answers without end", flood],
];

interface Vendor {
  at: (url: string) => Record<string, () => Promise<unknown>>;
  isTyped: (err: unknown) => boolean;
  secrets: readonly string[];
}

const sms = { to: "+14155550123", text: "Hello" };
const email = { to: "ada@example.com", from: "", subject: "Hi", text: "Hi", html: "", messageId: "msg_1" };
const refund = { refundId: "ref_1", providerId: "pi_1", currencyCode: "USD", amount: 1n };
const since = new Date("2026-03-01T10:00:00Z");
const boughtLabel = { rateProviderId: "r1", trackingNumber: "92055" };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Every operation of each port. */
const vendors: Record<string, Vendor> = {
  Stripe: {
    at: (baseUrl) => {
      const cards = createStripeProcessor({ apiKey: stripeKey, baseUrl, timeoutMs, returnUrl });
      const transfer = { paymentId: "pay_1", orderId: "ord_1", currencyCode: "USD", amount: 1n };
      return {
        authorize: () => cards.authorize(charge()),
        capture: () => cards.capture({ providerId: "pi_1" }),
        cancel: () => cards.cancel({ providerId: "pi_1" }),
        retrieve: () => cards.retrieve("pi_1"),
        inspect: () => cards.inspect("pi_1"),
        list: () => all(cards.list({ since })),
        refundsOf: () => cards.refundsOf(refund),
        refund: () => cards.refund(refund),
        disputesOf: () => cards.disputesOf({ providerId: "pi_1" }),
        listDisputed: () => all(cards.listDisputed({ since })),
        createCustomer: () => cards.createCustomer("cus_1"),
        deleteCustomer: () => cards.deleteCustomer("cus_1"),
        detach: () => cards.detach("pm_1"),
        createPayer: () => cards.createPayer("pay_1"),
        requestTransfer: () => cards.requestTransfer({ ...transfer, payer: "cus_1" }),
        returnUnused: () => cards.returnUnused({ ...refund, since, payer: "cus_1", email: "" }),
        findReturn: () => cards.findReturn({ refundId: "ref_1", since }),
      } satisfies Record<keyof CardProcessor, () => Promise<unknown>>;
    },
    isTyped: (err) => ["PROVIDER_UNAVAILABLE", "PROVIDER_MISCONFIGURED"].includes(reasonOf(err) ?? ""),
    secrets: [stripeKey],
  },
  Shippo: {
    at: (serverUrl) => {
      const carrier = createShippoCarrier({ apiKey: shippoKey, serverUrl, timeoutMs, sender });
      return {
        quote: () => carrier.quote(consignment),
        buyLabel: () => carrier.buyLabel(purchase),
        findLabel: () => carrier.findLabel("r1"),
        track: () => carrier.track({ carrier: "USPS", trackingNumber: "92055" }),
        voidLabel: () => carrier.voidLabel(boughtLabel),
        checkAddress: () => carrier.checkAddress(consignment.to, { timeoutMs: 200 }),
        findRefund: () => carrier.findRefund(boughtLabel),
      } satisfies Record<Exclude<keyof Carrier, "name" | "timeoutMs" | "crossesCustoms">, unknown>;
    },
    isTyped: (err) => err instanceof CarrierUnavailable,
    secrets: [shippoKey],
  },
  SendGrid: {
    at: (baseUrl) => {
      const from = { email: "shop@example.com" };
      const sendgrid = createSendgridSender({ apiKey: "SG.secret", baseUrl, from, timeoutMs });
      return { send: () => sendgrid.send(email) };
    },
    isTyped: (err) => err instanceof SendUnavailable,
    secrets: ["SG.secret"],
  },
  Twilio: {
    at: (baseUrl) => {
      const twilio = createTwilioSender({
        accountSid: `AC${"0".repeat(32)}`,
        authToken: "twilio-token",
        ...{ baseUrl, from: "+15005550006", timeoutMs },
      });
      return {
        send: () => twilio.send(sms),
        find: () => twilio.find({ ...sms, since }),
        delivery: () => twilio.delivery("SM1"),
        receiveTime: () => twilio.receiveTime("SM1"),
      };
    },
    isTyped: (err) => err instanceof SendUnavailable,
    secrets: ["twilio-token", Buffer.from(`AC${"0".repeat(32)}:twilio-token`).toString("base64")],
  },
};

let server: Awaited<ReturnType<typeof startVendorServer>>;
beforeAll(async () => {
  server = await startVendorServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe.each(Object.entries(vendors))("%s", (_, { at, isTyped, secrets }) => {
  test.each(hosts)("a host that %s is a typed error of every call", async (_host, answer) => {
    server.answer(answer);
    const failures: string[] = [];
    await Promise.all(
      Object.entries(at(server.url)).map(async ([name, call]) => {
        const err = await rejectionOf(call()).catch(() => "no error");
        if (!isTyped(err)) failures.push(`${name}: ${everythingIn(err).slice(0, 300)}`);
        const told = everythingIn(err);
        if (secrets.some((secret) => told.includes(secret))) failures.push(`${name} tells a secret`);
      }),
    );
    expect(failures).toEqual([]);
  });

  test("a host that nobody listens at is a typed error of every call", async () => {
    for (const [name, call] of Object.entries(at(await deadUrl()))) {
      expect([name, isTyped(await rejectionOf(call()))]).toEqual([name, true]);
    }
  });
});
