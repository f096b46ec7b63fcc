import { create } from "@bufbuild/protobuf";
import { timestampFromDate, timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Order_State,
  type OrderExplanation,
  TimelineEntry_Source as Source,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { WebhookEvent_State, WebhookEventSchema } from "../../gen/rowlock/type/v1/webhook_pb.js";
import type { JobRecord } from "../../lib/jobs/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { nextOf } from "./explain-next.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const explain = ({ orderId }: Pick<Buyer, "orderId">) => shop.client.explainOrder({ orderId }, as.staff);
const told = ({ timeline }: OrderExplanation, source: Source) =>
  timeline.filter((entry) => entry.source === source).map(({ kind }) => kind);

test("one timeline of everything, sorted by time", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  const providerId = `pi_${buyer.orderId}`;
  shop.payments.set(await buyer.paymentId(), "CAPTURED", {
    providerId,
    updateTime: timestampFromDate(shop.now()),
  });
  shop.payments.webhooks.push(
    create(WebhookEventSchema, {
      id: "whe_1",
      provider: "stripe",
      type: "payment_intent.succeeded",
      subject: providerId,
      state: WebhookEvent_State.APPLIED,
      attempts: 1,
      deliveries: 2,
      receiveTime: timestampFromDate(shop.now()),
      applyTime: timestampFromDate(shop.now()),
    }),
  );
  await shop.work();
  const explanation = await explain(buyer);
  expect(explanation).toMatchObject({ unavailable: [], next: "", order: { state: Order_State.FULFILLED } });
  expect(told(explanation, Source.ORDER)).toEqual([
    "placed",
    "shipping_method_set",
    "payment_started",
    "paid",
    "fulfilled",
  ]);
  expect(told(explanation, Source.CART)).toEqual(["created", "ordered"]);
  expect(told(explanation, Source.INVENTORY)).toEqual(["held"]);
  expect(told(explanation, Source.PAYMENT)).toEqual(["started", "captured"]);
  expect(told(explanation, Source.WEBHOOK)).toEqual(["received", "applied", "received"]);
  expect(told(explanation, Source.SHIPPING).sort()).toEqual(["labeled", "rated"]);
  expect(told(explanation, Source.NOTIFY)).toEqual(["asked", "sent"]);
  const times = explanation.timeline.map(({ time }) => (time === undefined ? Number.NaN : timestampMs(time)));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const held = explanation.timeline.find(({ source }) => source === Source.INVENTORY);
  expect(held).toMatchObject({ subject: buyer.orderId, data: { state: "COMMITTED" } });
});

test("every reservation of an order that late money revived is told", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  await buyer.cancel();
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  await buyer.settle();
  const { timeline, next } = await explain(buyer);
  const holdings = timeline.filter(({ source }) => source === Source.INVENTORY);
  expect(holdings.map(({ subject, data }) => [subject, data["state"]])).toEqual([
    [buyer.orderId, "RELEASED"],
    [`${buyer.orderId}:late`, "COMMITTED"],
  ]);
  expect(next).toMatch(/^Job order\.(undo|instruct|fulfill) /);
});

test.each([
  ["cart", "carts.get"],
  ["inventory", "inventory.get"],
  ["payment", "payments.list"],
  ["shipping", "shipping.list"],
  ["notify", "notify.list"],
  ["jobs", "jobs.find"],
])("%s that cannot be asked is named, and the rest is told", async (part, call) => {
  const buyer = await shop.ready();
  await buyer.pay();
  await shop.run({ queue: "order.fulfill", data: { orderId: buyer.orderId } });
  shop.wire.before.set(call, away);
  const explanation = await explain(buyer);
  expect(explanation.unavailable).toEqual([part]);
  expect(told(explanation, Source.ORDER).at(-1)).toBe("fulfilled");
  const sources = new Set(explanation.timeline.map(({ source }) => source));
  expect(sources.size).toBe(part === "shipping" ? 6 : 7);
});

test("webhooks that cannot be read leave the payments told", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  shop.payments.set(await buyer.paymentId(), "CAPTURED", { providerId: "pi_x" });
  shop.wire.before.set("payments.webhooks", away);
  const explanation = await explain(buyer);
  expect(explanation.unavailable).toEqual(["payment"]);
  expect(told(explanation, Source.PAYMENT)).toContain("started");
});

test("a part that never answers costs its deadline, not the answer", async () => {
  const buyer = await shop.ready();
  shop.wire.before.set("jobs.find", () => new Promise(() => undefined));
  expect((await explain(buyer)).unavailable).toEqual(["jobs"]);
});

test("what a part does not know is not a failure", async () => {
  const buyer = await shop.ready();
  shop.carts.carts.delete(buyer.cartId);
  const explanation = await explain(buyer);
  expect([explanation.unavailable, told(explanation, Source.CART)]).toEqual([[], []]);
});

test("for staff alone, and for orders that exist", async () => {
  const { orderId, cartId } = await shop.ready();
  const buyer = shop.client.explainOrder({ orderId }, as.guest(`token of ${cartId}`));
  expect(await outcomeOf(buyer)).toMatchObject({ reason: "PERMISSION_DENIED" });
  expect(await outcomeOf(explain({ orderId: "ord_none" }))).toMatchObject({ reason: "ORDER_NOT_FOUND" });
});

test.each<[string, (buyer: Buyer) => Promise<unknown>, RegExp]>([
  ["unpaid", async () => undefined, /^Waits for a payment; expires at /],
  ["declined", (buyer) => buyer.pay("pm_declined").catch(() => undefined), /^Waits for a payment/],
  ["in 3-D Secure", (buyer) => buyer.pay("pm_3ds"), /^Waits for the buyer to confirm payment pay_/],
  ["waiting for a transfer", (buyer) => buyer.transfer(), /^Waits for a transfer/],
  ["in the works", (buyer) => buyer.pay("pm_slow"), /^Payment pay_.* is in the works/],
  ["paid", (buyer) => buyer.pay(), /^Job order\.fulfill buys the label and tells the customer, from /],
  ["canceled", (buyer) => buyer.cancel(), /^Job order\.undo gives back goods and money/],
])("what is next for an order that is %s", async (_what, before, next) => {
  const buyer = await shop.ready();
  await before(buyer);
  expect((await explain(buyer)).next).toMatch(next);
});

const job: JobRecord = {
  id: "1",
  queue: "order.fulfill",
  state: "retry",
  attempts: 3,
  error: "no label",
  createTime: new Date(0),
  dueTime: new Date(60_000),
  endTime: null,
};
test.each<[string, JobRecord[], RegExp | ""]>([
  ["a job that failed and goes on", [job], /after 3 failures \(no label\) it tries again at 1970/],
  ["a job at work", [{ ...job, state: "active" }], /it is at work\.$/],
  [
    "a job that was given up",
    [{ ...job, state: "failed", endTime: new Date() }],
    /was given up after 3 attempts \(no label\): somebody has to look/,
  ],
  ["no job", [], /no job is known that buys it/],
])("what is next for a paid order with %s", (_what, jobs, next) => {
  const order = { state: "PAID", lateMoney: null, refunds: [], shipments: [] } as object as Parameters<
    typeof nextOf
  >[0];
  expect(nextOf(order, jobs)).toMatch(next);
});

test("late money that is being decided about is named", () => {
  const order = { state: "EXPIRED", lateMoney: "REVIVE", refunds: [] as object[] } as Parameters<
    typeof nextOf
  >[0];
  expect(nextOf(order, [])).toMatch(/^Late money is there/);
});
