import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Circuit, createCircuit } from "../../lib/circuit/circuit.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { SendUnavailable } from "../../services/notify/send-errors.ts";
import { createSendgridSender } from "../../services/notify/sendgrid-sender.ts";
import { createTwilioSender } from "../../services/notify/twilio-sender.ts";
import { createStripeProcessor } from "../../services/payment/stripe-processor.ts";
import { CarrierUnavailable } from "../../services/shipping/carrier.ts";
import { createShippoCarrier } from "../../services/shipping/shippo-carrier.ts";
import { consignment, purchase, sender, apiKey as shippoKey } from "./shippo-answers.ts";
import { charge, returnUrl, apiKey as stripeKey } from "./stripe-charge.ts";
import { type Answer, json, page, rejectionOf, reset, silence, startVendorServer } from "./vendor-server.ts";

const timeoutMs = 100;
const breakAfter = 3;
let server: Awaited<ReturnType<typeof startVendorServer>>;
let circuit: Circuit;
beforeAll(async () => {
  server = await startVendorServer();
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => {
  circuit = createCircuit({ provider: "Vendor", breakAfter, restMs: 3_600_000 });
});

const email = {
  messageId: "msg_1",
  to: "ada@example.com",
  from: "",
  subject: "Hello",
  text: "Hello",
  html: "",
};
const text = { to: "+14155550123", text: "Hello" };

/** A call of each adapter, what says that nobody was asked, and an answer that says no. */
const adapters: Record<
  string,
  { call: () => Promise<unknown>; isAway: (err: unknown) => boolean; refusal: Answer }
> = {
  Stripe: {
    call: () =>
      createStripeProcessor({
        apiKey: stripeKey,
        baseUrl: server.url,
        timeoutMs,
        returnUrl,
        circuit,
      }).capture({
        providerId: "pi_1",
      }),
    isAway: (err) => reasonOf(err) === "PROVIDER_UNAVAILABLE",
    refusal: json(400, { error: { type: "invalid_request_error", message: "No." } }),
  },
  "Stripe, a charge": {
    call: () =>
      createStripeProcessor({
        apiKey: stripeKey,
        baseUrl: server.url,
        timeoutMs,
        returnUrl,
        circuit,
      }).authorize(charge()),
    isAway: (err) => reasonOf(err) === "PROVIDER_UNAVAILABLE",
    refusal: json(402, { error: { type: "card_error", code: "card_declined", message: "No." } }),
  },
  Shippo: {
    call: () =>
      createShippoCarrier({ apiKey: shippoKey, serverUrl: server.url, timeoutMs, sender, circuit }).quote(
        consignment,
      ),
    isAway: (err) => err instanceof CarrierUnavailable && !err.pending,
    refusal: json(400, { detail: "No." }),
  },
  "Shippo, a label": {
    call: () =>
      createShippoCarrier({ apiKey: shippoKey, serverUrl: server.url, timeoutMs, sender, circuit }).buyLabel(
        purchase,
      ),
    isAway: (err) => err instanceof CarrierUnavailable && !err.pending,
    refusal: json(400, { detail: "No." }),
  },
  SendGrid: {
    call: () =>
      createSendgridSender({
        apiKey: "SG.test",
        baseUrl: server.url,
        from: { email: "shop@example.com" },
        timeoutMs,
        circuit,
      }).send(email),
    isAway: (err) => err instanceof SendUnavailable && !err.pending,
    refusal: json(400, { errors: [{ message: "No.", field: "to" }] }),
  },
  Twilio: {
    call: () =>
      createTwilioSender({
        accountSid: `AC${"0".repeat(32)}`,
        authToken: "token",
        baseUrl: server.url,
        from: "+15005550006",
        timeoutMs,
        circuit,
      }).send(text),
    isAway: (err) => err instanceof SendUnavailable && !err.pending,
    refusal: json(400, { code: 21211, message: "No.", status: 400 }),
  },
};

describe.each(Object.entries(adapters))("%s", (_, { call, isAway, refusal }) => {
  test.each<[string, Answer]>([
    ["does not answer", silence],
    ["breaks off", reset],
    ["answers 503", page(503)],
  ])("that %s is not asked again, and says so at once", async (_why, answer) => {
    server.answer(answer);
    for (let i = 0; i < breakAfter; i++) await rejectionOf(call());
    const asked = server.seen.length;
    expect(asked).toBeGreaterThanOrEqual(breakAfter);
    expect(isAway(await rejectionOf(call()))).toBe(true);
    expect(server.seen.length).toBe(asked);
  });

  test("that says no is there", async () => {
    server.answer(refusal);
    for (let i = 0; i < breakAfter; i++) await outcomeOf(call());
    const asked = server.seen.length;
    await outcomeOf(call());
    expect(server.seen.length).toBeGreaterThan(asked);
  });
});

function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  return call.catch((err: unknown) => err);
}
