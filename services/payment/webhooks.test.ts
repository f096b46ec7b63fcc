import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import type { IncomingEvent } from "../../lib/webhooks/index.ts";
import { outcome } from "./testing/fake-cards.ts";
import { openTestPayments, order, type TestPayments } from "./testing/shop.ts";

let shop: TestPayments;
beforeAll(async () => {
  shop = await openTestPayments();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.cards.before = {};
  shop.cards.after = {};
  shop.settle = () => undefined;
  shop.orderPayment = "";
  shop.settled.length = 0;
  shop.jobs.length = 0;
});

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );
let last = 0;
const eventOf = (subject: string, fields: Partial<IncomingEvent> = {}): IncomingEvent => ({
  provider: "stripe",
  providerEventId: `evt_${++last}`,
  type: "payment_intent.succeeded",
  subject,
  payload: { paymentId: subject.slice(3) },
  ...fields,
});
const receive = (event: IncomingEvent, signature = "good") =>
  shop.client.receiveStripeWebhook(
    { content: { contentType: "application/json", data: Buffer.from(JSON.stringify(event)) } },
    { headers: { "stripe-signature": signature } },
  );
/** Does the inbox's jobs, as a worker would. */
async function work(): Promise<void> {
  const mine = shop.jobs.splice(0).filter(({ queue }) => queue === "payment.webhook");
  for (const { data } of mine) {
    const job = { data: data as { eventId: string }, attempt: 1, signal: new AbortController().signal };
    await shop.inbox.work(job);
  }
}
const deliver = async (event: IncomingEvent) => {
  await receive(event);
  await work();
};
const stateOf = async (id: string) => (await shop.get(id)).state;
const end = (id: string, state: string) =>
  shop.db.execute(sql`update payment set state = ${state} where id = ${id}`);
const asking = { method: { case: "card", value: { paymentMethod: "pm_3ds" } } } as const;

test("a webhook brings the provider's present state, not the event's, and tells Order once", async () => {
  shop.cards.script.set("pm_3ds", { state: "REQUIRES_ACTION", clientSecret: "s" });
  await shop.pay("hook-1", asking);
  shop.cards.put(outcome({ providerId: "pi_hook-1" }));
  // In the wrong order, and twice: what counts is what the provider says when asked.
  const event = eventOf("pi_hook-1", { type: "payment_intent.payment_failed" });
  await deliver(event);
  await deliver(event);
  await deliver(eventOf("pi_hook-1", { type: "payment_intent.amount_capturable_updated" }));
  expect(await shop.get("hook-1")).toMatchObject({ state: Payment_State.AUTHORIZED, clientSecret: "" });
  expect(shop.settled).toEqual(["ord_hook-1"]);
});

test("a payment whose answer was lost is learned of by its webhook", async () => {
  shop.cards.after.authorize = shop.cards.silence;
  await failure(shop.pay("hook-2"));
  shop.cards.after = {};
  await deliver(eventOf("pi_hook-2"));
  expect(await shop.get("hook-2")).toMatchObject({
    state: Payment_State.AUTHORIZED,
    providerId: "pi_hook-2",
  });
  expect(shop.cards.calls.filter(({ name, id }) => name === "authorize" && id === "hook-2")).toHaveLength(1);
});

test("an event that tells nothing new needs no job", async () => {
  await shop.pay("hook-known");
  await receive(eventOf("pi_hook-known", { type: "payment_intent.amount_capturable_updated" }));
  await receive(eventOf("pi_hook-known", { type: "charge.updated" }));
  expect(shop.jobs).toEqual([]);
  const { events } = await shop.client.listWebhookEvents({ subject: "pi_hook-known" }, as.staff);
  expect(events).toMatchObject(Array(2).fill({ state: WebhookEvent_State.APPLIED, attempts: 0 }));
});

test("an event about something unknown is applied and changes nothing", async () => {
  shop.cards.put(outcome({ providerId: "pi_stranger", state: "CAPTURED" }));
  await deliver(eventOf("pi_stranger"));
  await deliver(eventOf("ch_1", { payload: { paymentId: "" } }));
  const { events } = await shop.client.listWebhookEvents({ subject: "pi_stranger" }, as.staff);
  expect(events).toMatchObject([{ state: WebhookEvent_State.APPLIED, attempts: 1 }]);
  expect(shop.settled).toEqual([]);
});

test("an event that names our payment, about an intent that does not, changes nothing", async () => {
  await shop.pay("hook-3");
  shop.cards.put(outcome({ providerId: "pi_forged", state: "CAPTURED" }));
  await deliver(eventOf("pi_forged", { payload: { paymentId: "hook-3" } }));
  expect(await stateOf("hook-3")).toBe(Payment_State.AUTHORIZED);
});

test.each(["CANCELED", "FAILED"])("money reserved for a payment that is %s is freed", async (state) => {
  const id = `freed-${state}`;
  await shop.pay(id);
  await end(id, state);
  await deliver(eventOf(`pi_${id}`));
  expect(shop.cards.intents.get(`pi_${id}`)?.state).toBe("CANCELED");
  expect(shop.settled).toEqual([]);
});

test.each(["CANCELED", "FAILED"])(
  "money taken for a payment that is %s is Order's to settle",
  async (state) => {
    const id = `taken-${state}`;
    await shop.captured(id);
    await end(id, state);
    shop.settle = async () =>
      void (await shop.client.refundPayment({ paymentId: id, requestId: "undo" }, order));
    await deliver(eventOf(`pi_${id}`));
    expect(shop.settled).toEqual([`ord_${id}`]);
    expect(await shop.get(id)).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
  },
);

test("money taken for a payment whose order has another one goes back, once", async () => {
  await shop.captured("stray-1");
  await end("stray-1", "FAILED");
  await shop.pay("stray-2", { orderId: "ord_stray-1" });
  shop.cards.refunds.clear();
  await deliver(eventOf("pi_stray-1"));
  await deliver(eventOf("pi_stray-1"));
  expect(await shop.get("stray-1")).toMatchObject({
    state: Payment_State.REFUNDED,
    refunded: { amount: 1000n },
  });
  expect(shop.cards.refunded).toBe(1000n);
  expect(await stateOf("stray-2")).toBe(Payment_State.AUTHORIZED);
});

test("a refund made at the provider is taken over, once, and Order hears of a full one", async () => {
  await shop.captured("outside");
  shop.settled.length = 0;
  shop.cards.refunds.set("theirs", {
    refundId: "theirs",
    providerId: "pi_outside",
    currencyCode: "USD",
    amount: 1000n,
  });
  for (let time = 0; time < 2; time++) await deliver(eventOf("pi_outside", { type: "refund.created" }));
  const payment = await shop.get("outside");
  expect(payment).toMatchObject({ state: Payment_State.REFUNDED, refunded: { amount: 1000n } });
  expect(payment.refunds).toMatchObject([{ completed: true, providerId: "re_theirs" }]);
  expect(shop.settled).toEqual(["ord_outside"]);
});

test("a refund that the provider could not do after all is taken off again", async () => {
  await shop.captured("bounced");
  const { refunds } = await shop.client.refundPayment({ paymentId: "bounced" }, as.staff);
  shop.cards.failedRefunds.add(refunds[0]?.id ?? "");
  await deliver(eventOf("pi_bounced", { type: "refund.failed" }));
  expect(await shop.get("bounced")).toMatchObject({
    state: Payment_State.CAPTURED,
    refunded: { amount: 0n },
    refunds: [],
  });
});

test("a provider that does not answer fails the attempt; the event is tried again", async () => {
  await shop.pay("silent");
  shop.cards.put(outcome({ providerId: "pi_silent", state: "CAPTURED" }));
  shop.cards.before.inspect = shop.cards.silence;
  await receive(eventOf("pi_silent"));
  const [job] = shop.jobs;
  expect(reasonOf(await failure(work()))).toBe("PROVIDER_UNAVAILABLE");
  shop.cards.before = {};
  if (job !== undefined) shop.jobs.push(job);
  await work();
  expect(await stateOf("silent")).toBe(Payment_State.CAPTURED);
});

test("a message with a wrong signature is refused and not stored", async () => {
  const err = await failure(receive(eventOf("pi_forged-2"), "bad"));
  expect(reasonOf(err)).toBe("WEBHOOK_SIGNATURE_INVALID");
  expect((await shop.client.listWebhookEvents({ subject: "pi_forged-2" }, as.staff)).events).toEqual([]);
});

test("a replay with a key is one replay", async () => {
  await deliver(eventOf("pi_replayed"));
  const { events } = await shop.client.listWebhookEvents({ subject: "pi_replayed" }, as.staff);
  const request = { eventId: events[0]?.id ?? "", requestId: "r" };
  const first = await shop.client.replayWebhookEvent(request, as.staff);
  expect(first.state).toBe(WebhookEvent_State.RECEIVED);
  expect(await shop.client.replayWebhookEvent(request, as.staff)).toEqual(first);
  expect(shop.jobs).toHaveLength(1);
  const missing = await failure(shop.client.replayWebhookEvent({ eventId: "whe_0" }, as.staff));
  expect(reasonOf(missing)).toBe("WEBHOOK_EVENT_NOT_FOUND");
});

test("a full refund by staff reaches Order, a part does not; Order's own is not told again", async () => {
  await shop.captured("told-1");
  await shop.client.refundPayment({ paymentId: "told-1", amount: money("USD", 400n) }, as.staff);
  expect(shop.settled).toEqual([]);
  await shop.client.refundPayment({ paymentId: "told-1" }, as.staff);
  expect(shop.settled).toEqual(["ord_told-1"]);
  await shop.captured("told-2");
  await shop.client.refundPayment({ paymentId: "told-2" }, order);
  expect(shop.settled).toEqual(["ord_told-1"]);
});
