import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { answerBank } from "../support/bank.ts";
import { newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

test("a buyer who authenticates in another window and closes the browser is PAID by the webhook alone", async () => {
  await shop.sell("HOOK-1", { stock: 5 });
  const { buyer, order } = await newOrder(shop.rest, ["HOOK-1"]);
  const orderId = order.body.id as string;
  const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
  expect(asked.body).toMatchObject({
    state: "STATE_PENDING_PAYMENT",
    payment: { state: "STATE_REQUIRES_ACTION" },
  });
  await answerBank(asked.body.payment.redirectUrl, "authorise");
  // Reading is all that happens from here: nobody confirms, and no sweep looks so soon.
  const paid = await buyer.until(orderId, "STATE_PAID");
  expect(paid.body.payment).toMatchObject({ state: "STATE_CAPTURED" });
  expect(await shop.stock("HOOK-1")).toMatchObject({ onHand: 4, reserved: 0 });

  const { staff } = shop;
  const payments = await shop.rest("GET", `/v1/payments?orderId=${orderId}`, { staff });
  const subject = payments.body.payments[0].providerId as string;
  const inbox = () => shop.rest("GET", `/v1/webhookEvents/payment?subject=${subject}`, { staff });
  await waitFor(async () => {
    const { events } = (await inbox()).body;
    return events.length >= 2 && events.every((event: { state: string }) => event.state === "STATE_APPLIED");
  });
  const [event] = (await inbox()).body.events as [{ id: string }];
  const replayed = await shop.rest("POST", `/v1/webhookEvents/payment/${event.id}:replay`, {
    staff,
    body: {},
  });
  expect(replayed.body).toMatchObject({ id: event.id, state: "STATE_RECEIVED" });
  await waitFor(async () =>
    (await inbox()).body.events.every((each: { state: string }) => each.state === "STATE_APPLIED"),
  );
  expect((await buyer.get(orderId)).body.payment.state).toBe("STATE_CAPTURED");

  const compared = await shop.rest("POST", "/v1/payments:reconcile", { staff, body: { dryRun: true } });
  expect(compared.body).toMatchObject({ checked: 1, violations: [] });
});

test("a buyer whom the bank refuses may pay otherwise, and hears of it without asking", async () => {
  await shop.sell("HOOK-2", { stock: 5 });
  const { buyer, order } = await newOrder(shop.rest, ["HOOK-2"]);
  const orderId = order.body.id as string;
  const asked = await buyer.payByCard(orderId, "pm_card_authenticationRequired");
  await answerBank(asked.body.payment.redirectUrl, "fail");
  await waitFor(async () => (await buyer.get(orderId)).body.payment.state === "STATE_FAILED");
  const paid = await buyer.payByCard(orderId, "pm_card_visa");
  expect(paid.body.state).toBe("STATE_PAID");
});

test("what the carrier and the senders tell arrives, too, and is applied", { timeout: 60_000 }, async () => {
  await shop.sell("HOOK-3", { stock: 5 });
  const { buyer, order } = await newOrder(shop.rest, ["HOOK-3"]);
  await buyer.payByCard(order.body.id as string, "pm_card_visa");
  const applied = async (area: string) => {
    const { body } = await shop.rest("GET", `/v1/webhookEvents/${area}?state=STATE_APPLIED`, {
      staff: shop.staff,
    });
    return new Set((body.events as { provider: string }[]).map(({ provider }) => provider));
  };
  const told = async (area: string, provider: string) =>
    waitFor(async () => (await applied(area)).has(provider), { timeoutMs: 20_000 });
  await told("notify", "sendgrid");
  await told("notify", "twilio");
  await told("shipping", "shippo");
  expect(await applied("payment")).toEqual(new Set(["stripe"]));
});

const sign = (body: string, secret: string, time = Math.floor(Date.now() / 1000)) =>
  `t=${time},v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`;
const event = JSON.stringify({
  id: "evt_unknown",
  object: "event",
  type: "payment_intent.succeeded",
  data: { object: { id: "pi_unknown", object: "payment_intent", metadata: {} } },
});
const post = async (body: string, signature: string) => {
  const response = await fetch(`${shop.httpUrl}/v1/webhooks/stripe`, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", "stripe-signature": signature },
    body,
  });
  return { status: response.status, body: (await response.json()) as never, headers: response.headers };
};

test.each([
  ["another secret", event, () => sign(event, "whsec_other")],
  ["another body", `${event} `, () => sign(event, "whsec_sandbox")],
  ["no signature", event, () => ""],
  ["an old signature", event, () => sign(event, "whsec_sandbox", Math.floor(Date.now() / 1000) - 301)],
])("a webhook with %s is refused and not stored", async (_what, body, signature) => {
  const answer = await post(body, signature());
  expect([answer.status, reasonIn(answer)]).toEqual([401, "WEBHOOK_SIGNATURE_INVALID"]);
});

test("an event about something unknown is acknowledged, applied, and changes nothing; again it is counted", async () => {
  for (let time = 0; time < 2; time++) {
    expect((await post(event, sign(event, "whsec_sandbox"))).status).toBe(200);
  }
  const { staff } = shop;
  const read = () => shop.rest("GET", "/v1/webhookEvents/payment?subject=pi_unknown", { staff });
  await waitFor(async () => (await read()).body.events[0]?.state === "STATE_APPLIED");
  expect((await read()).body.events).toMatchObject([{ providerEventId: "evt_unknown", deliveries: 2 }]);
});

test("what is signed and no event is malformed", async () => {
  const answer = await post("[]", sign("[]", "whsec_sandbox"));
  expect([answer.status, reasonIn(answer)]).toEqual([400, "WEBHOOK_MALFORMED"]);
});
