import Stripe from "stripe";
import { expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createStripeEvents } from "./stripe-events.ts";

const secret = "whsec_test";
const events = createStripeEvents({ secret });
const messageOf = (object: object, type = "payment_intent.succeeded") =>
  JSON.stringify({ id: "evt_1", object: "event", type, data: { object } });
const signed = (payload: string, timestamp?: number, by = secret) => ({
  body: Buffer.from(payload),
  signature: Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: by,
    ...(timestamp !== undefined && { timestamp }),
  }),
});
const reasonFor = (message: { body: Uint8Array; signature: string }, by = events) => {
  try {
    by.read(message);
  } catch (err) {
    return reasonOf(err);
  }
  return undefined;
};

test.each([
  ["an intent", { id: "pi_1", object: "payment_intent", metadata: { payment_id: "pay_1" } }, "pi_1", "pay_1"],
  ["a charge", { id: "ch_1", object: "charge", payment_intent: "pi_1", metadata: {} }, "pi_1", ""],
  ["a refund", { id: "re_1", object: "refund", payment_intent: "pi_1", metadata: null }, "pi_1", ""],
  ["something else", { id: "cus_1", object: "customer" }, "cus_1", ""],
  ["nothing with an id", { object: "balance" }, "", ""],
])("an event about %s", (_what, object, subject, paymentId) => {
  expect(events.read(signed(messageOf(object)))).toEqual({
    provider: "stripe",
    providerEventId: "evt_1",
    type: "payment_intent.succeeded",
    subject,
    payload: { paymentId },
  });
});

const good = signed(messageOf({ id: "pi_1", object: "payment_intent" }));
const now = () => Math.floor(Date.now() / 1000);
test.each([
  ["another secret", signed(messageOf({}), undefined, "whsec_other")],
  ["another body", { ...good, body: Buffer.concat([good.body, Buffer.from(" ")]) }],
  ["no signature", { ...good, signature: "" }],
  ["a signature that is none", { ...good, signature: "t=1,v1=zz" }],
  ["an old signature", signed(messageOf({}), now() - 301)],
])("%s is WEBHOOK_SIGNATURE_INVALID", (_what, message) => {
  expect(reasonFor(message)).toBe("WEBHOOK_SIGNATURE_INVALID");
});

test("without a secret nothing is believed, not even what is signed with none", () => {
  const unsure = createStripeEvents({ secret: "" });
  expect(reasonFor(good, unsure)).toBe("WEBHOOK_SIGNATURE_INVALID");
});

test("what is signed and no JSON is WEBHOOK_MALFORMED", () => {
  expect(reasonFor(signed("{"))).toBe("WEBHOOK_MALFORMED");
});
