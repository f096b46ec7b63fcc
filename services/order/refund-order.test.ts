import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const usd = (cents: number) => money("USD", BigInt(cents));
const refundedOf = ({ orderId }: Buyer) =>
  shop.payments.of(orderId).reduce((sum, { refunded }) => sum + (refunded?.amount ?? 0n), 0n);
const refundCalls = () => shop.wire.calls.filter((call) => call.startsWith("payments.refund")).length;

/** A paid order of 3 mugs and a cap, 10 % off, taxed and shipped: 3 × 9.99 + 5.00 + 5.00 shipping. */
async function paid(): Promise<Buyer> {
  shop.promotions.offers.push({ code: "SAVE", percent: 10 });
  shop.taxes.rates.push({ name: "Sales tax", percent: 8, included: false });
  const lines = { MUG: { quantity: 3, cents: 999 }, CAP: { quantity: 1, cents: 500 } };
  const buyer = await shop.ready({ coupons: ["SAVE"], lines });
  await buyer.pay();
  return buyer;
}
// MUG: 2997 − 299 + 216 = 2914; CAP: 500 − 50 + 36 = 486; shipping: 500 + 40 = 540.
const total = 3940n;

test("units and shipping go back in parts, which add up to what was paid", async () => {
  const buyer = await paid();
  await shop.work();
  expect((await buyer.get()).total?.amount).toBe(total);
  const first = await buyer.refund({ MUG: 1 });
  expect(first).toMatchObject({
    state: Order_State.FULFILLED,
    lines: [{ refundedQuantity: 1n }, { refundedQuantity: 0n }],
    refunds: [{ items: [{ sku: "MUG", quantity: 1n }], shipping: false, amount: usd(971) }],
    total: { amount: total },
  });
  expect(first.refunds[0]?.id).toMatch(/^orf_/);
  expect(await buyer.refund({ CAP: 1, MUG: 1 }, { shipping: true })).toMatchObject({
    refunds: [{ amount: usd(971) }, { shipping: true, amount: usd(972 + 486 + 540) }],
  });
  expect(refundedOf(buyer)).toBe(971n + 1998n);
  const last = await buyer.refund();
  expect(last.refunds[2]).toMatchObject({ items: [{ sku: "MUG", quantity: 1n }], amount: usd(971) });
  expect(refundedOf(buyer)).toBe(total);
  // It has its label, so it stays as it is, and its goods with it.
  expect(last).toMatchObject({
    state: Order_State.FULFILLED,
    payment: { state: OrderPayment_State.REFUNDED },
  });
  expect(await buyer.holdings()).toMatchObject({ goods: ["COMMITTED"], taken: 0n });
  expect((await buyer.events()).slice(-3)).toEqual(["partly_refunded", "partly_refunded", "refunded"]);
  expect(await buyer.get()).toEqual(last);
});

test("all of it at once cancels an order without a label: goods and code go back, the buyer is told", async () => {
  const buyer = await paid();
  const order = await buyer.refund({}, { requestId: "k" });
  expect(order).toMatchObject({
    state: Order_State.CANCELED,
    refunds: [{ shipping: true, amount: { amount: total } }],
  });
  expect(await buyer.refund({}, { requestId: "k" })).toEqual(order);
  await shop.work();
  expect(await buyer.holdings()).toMatchObject({ goods: ["RESTOCKED"], taken: 0n });
  expect(shop.promotions.used("SAVE")).toBe(0);
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["REFUNDED"]);
  expect(refundedOf(buyer)).toBe(total);
});

test("what was refunded in part is canceled with the rest of its money", async () => {
  const buyer = await paid();
  await buyer.refund({ CAP: 1 });
  await buyer.cancel();
  await shop.work();
  expect(refundedOf(buyer)).toBe(total);
  expect(await outcomeOf(buyer.refund({ MUG: 1 }))).toMatchObject({ reason: "ORDER_NOT_PAID" });
});

test.each<[string, Parameters<Buyer["refund"]>, string]>([
  ["another SKU", [{ HAT: 1 }], "SKU_NOT_IN_ORDER"],
  ["too many units", [{ MUG: 4 }], "REFUND_QUANTITY_TOO_LARGE"],
  ["shipping twice", [{}, { shipping: true }], "SHIPPING_REFUNDED"],
])("%s is refused, and nothing is recorded", async (_what, args, reason) => {
  const buyer = await paid();
  await buyer.refund({}, { shipping: true });
  expect(await outcomeOf(buyer.refund(...args))).toMatchObject({ reason });
  expect((await buyer.get()).refunds).toHaveLength(1);
});

test("an order that is not paid, or not there, is refused", async () => {
  const buyer = await shop.ready();
  for (const args of [[], [{ MUG: 1 }]]) {
    expect(await outcomeOf(buyer.refund(...args))).toMatchObject({
      reason: "ORDER_NOT_PAID",
      metadata: { order_id: buyer.orderId, state: "PENDING_PAYMENT" },
    });
  }
  for (const shipping of [true, false]) {
    const call = shop.client.refundOrder({ orderId: "ord_none", shipping }, as.staff);
    expect(await outcomeOf(call)).toMatchObject({ reason: "ORDER_NOT_FOUND" });
  }
});

test("the same key is one refund, with another request it is refused", async () => {
  const buyer = await paid();
  const first = await buyer.refund({ MUG: 1 }, { requestId: "k" });
  expect(await buyer.refund({ MUG: 1 }, { requestId: "k" })).toEqual(first);
  expect(await outcomeOf(buyer.refund({ MUG: 2 }, { requestId: "k" }))).toMatchObject({
    reason: "REQUEST_ID_REUSED",
    metadata: { request_id: "k" },
  });
  expect(refundedOf(buyer)).toBe(971n);
});

test("what the payment has left is the limit, also after refunds by amount", async () => {
  const buyer = await paid();
  const paymentId = await buyer.paymentId();
  await shop.payments.client.refundPayment({ paymentId, amount: usd(3000) });
  expect(await outcomeOf(buyer.refund({ MUG: 1 }))).toMatchObject({
    reason: "REFUND_TOO_LARGE",
    metadata: { refundable: "940" },
  });
  const cap = await buyer.refund({ CAP: 1 });
  expect(cap.refunds).toMatchObject([{ amount: usd(486) }]);
  // What was refused counts for nothing.
  expect(cap.lines.map(({ refundedQuantity }) => refundedQuantity)).toEqual([0n, 1n]);
  expect((await buyer.refund()).refunds[1]).toMatchObject({ amount: usd(454) });
  expect(refundedOf(buyer)).toBe(total);
});

test("a refund that the provider refuses can be asked for again", async () => {
  const buyer = await paid();
  shop.wire.before.set("payments.refund", () => {
    throw refuse("REFUND_REFUSED", { provider_message: "the card is closed" });
  });
  for (let time = 0; time < 2; time++) {
    expect(await outcomeOf(buyer.refund({ MUG: 1 }, { requestId: "k" }))).toMatchObject({
      reason: "REFUND_REFUSED",
      metadata: { order_id: buyer.orderId, provider_message: "the card is closed" },
    });
  }
  expect((await buyer.get()).refunds).toEqual([]);
  shop.wire.clear();
  expect((await buyer.refund({ MUG: 3 }, { requestId: "k2" })).refunds).toMatchObject([
    { amount: usd(2914) },
  ]);
});

test("units that cost nothing are given back without a refund of money", async () => {
  shop.promotions.offers.push({ code: "GIFT", percent: 100, freeShipping: true });
  const buyer = await shop.ready({ coupons: ["GIFT"] });
  await buyer.pay();
  const order = await buyer.refund({ MUG: 2 });
  expect(order).toMatchObject({
    state: Order_State.PAID,
    refunds: [{ amount: usd(0) }],
    lines: [{ refundedQuantity: 2n }],
  });
  expect(await outcomeOf(buyer.refund({ MUG: 1 }))).toMatchObject({ reason: "REFUND_QUANTITY_TOO_LARGE" });
  expect(refundCalls()).toBe(0);
});

test("20 at once for the same units: one refund", async () => {
  const buyer = await paid();
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => buyer.refund({ MUG: 2 })));
  const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(reasons).toEqual(Array(19).fill("REFUND_QUANTITY_TOO_LARGE"));
  expect(refundedOf(buyer)).toBe(1943n);
});

test("20 at once with one key: one refund, one answer", async () => {
  const buyer = await paid();
  const calls = Array.from({ length: 20 }, () => buyer.refund({ MUG: 1 }, { requestId: "k" }));
  for (const { refunds } of await Promise.all(calls)) expect(refunds).toHaveLength(1);
  expect(refundedOf(buyer)).toBe(971n);
});

test("all that is left, unit by unit and at once: never more than was paid", async () => {
  for (let round = 0; round < 5; round++) {
    const buyer = await paid();
    await shop.work();
    const wishes: Record<string, number>[] = [{ MUG: 1 }, { MUG: 1 }, {}, { CAP: 1 }, {}];
    const calls = wishes.map((items) => buyer.refund(items));
    await Promise.allSettled(calls);
    await buyer.refund().catch(() => undefined);
    expect(refundedOf(buyer)).toBe(total);
    expect((await buyer.get()).refunds.reduce((sum, { amount }) => sum + (amount?.amount ?? 0n), 0n)).toBe(
      total,
    );
    shop.reset();
  }
});

/** Runs the work in a process that dies at the call's hook: the call never comes back. */
async function die(when: "before" | "after", step: string, work: () => Promise<unknown>): Promise<void> {
  const died = new Promise<void>((resolve) => {
    shop.wire[when].set(step, () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
  void work().catch(() => undefined);
  await died;
  shop.wire.clear();
}

test.each<["before" | "after", "job" | "caller", Record<string, number>, bigint, number]>([
  ["before", "job", { MUG: 1 }, 971n, 2],
  ["before", "caller", { MUG: 1 }, 971n, 2],
  ["after", "job", { MUG: 1 }, 971n, 2],
  ["after", "caller", { MUG: 1 }, 971n, 2],
  ["before", "job", {}, total, 0],
  ["before", "caller", {}, total, 0],
  ["after", "job", {}, total, 0],
  ["after", "caller", {}, total, 0],
])(
  "a call that died %s the money went back is finished by the %s (%o)",
  async (when, who, items, back, left) => {
    const buyer = await paid();
    await shop.work();
    await die(when, "payments.refund", () => buyer.refund(items, { requestId: "k" }));
    // The units are taken already.
    const more = await outcomeOf(buyer.refund({ MUG: 3 }));
    expect(more).toMatchObject({ metadata: { refundable: String(left) } });
    if (who === "caller") await buyer.refund(items, { requestId: "k" });
    await shop.work();
    expect((await buyer.get()).refunds).toHaveLength(1);
    expect(refundedOf(buyer)).toBe(back);
    expect((await buyer.events()).at(-1)).toBe(left > 0 ? "partly_refunded" : "refunded");
    expect(shop.jobs).toEqual([]);
  },
);

test("a payment that cannot be reached: the refund counts, and the job does it", async () => {
  const buyer = await paid();
  shop.wire.before.set("payments.refund", away);
  expect(await outcomeOf(buyer.refund({ MUG: 1 }))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  expect((await buyer.get()).refunds).toEqual([]);
  expect(await outcomeOf(buyer.refund({ MUG: 3 }))).toMatchObject({ metadata: { refundable: "2" } });
  shop.wire.clear();
  await shop.work();
  expect((await buyer.get()).refunds).toMatchObject([{ amount: usd(971) }]);
});

test("a job whose refund is refused forgets it, and is done", async () => {
  const buyer = await paid();
  shop.wire.before.set("payments.refund", away);
  await buyer.refund({ MUG: 1 }).catch(() => undefined);
  shop.wire.before.set("payments.refund", () => {
    throw refuse("REFUND_REFUSED", { provider_message: "no" });
  });
  await shop.work();
  expect(shop.jobs).toEqual([]);
  shop.wire.clear();
  expect((await buyer.refund({ MUG: 3 })).refunds).toHaveLength(1);
});

test("a call that died between the refund and the order's change is finished by the job", async () => {
  const buyer = await paid();
  await shop.work();
  const { db } = shop.deps;
  const transaction = db.transaction.bind(db);
  // Dies where the order is to follow its payment.
  shop.wire.after.set("payments.refund", () => {
    db.transaction = () => new Promise(() => undefined);
  });
  void buyer.refund().catch(() => undefined);
  const isDone = async () => (await buyer.get()).refunds.length === 1;
  while (!(await isDone())) await new Promise(setImmediate);
  db.transaction = transaction;
  shop.wire.clear();
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.CAPTURED);
  await shop.work();
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.REFUNDED);
});

test("the job of a refund is what happens next only while the refund is not done", async () => {
  const buyer = await paid();
  await shop.work();
  shop.wire.before.set("payments.refund", away);
  await buyer.refund({ MUG: 1 }).catch(() => undefined);
  const next = async () => (await shop.client.explainOrder({ orderId: buyer.orderId }, as.staff)).next;
  expect(await next()).toContain("Job order.refund gives back the money of a part of it");
  shop.wire.clear();
  await shop.work();
  await buyer.refund({ MUG: 1 });
  expect(shop.jobs).toMatchObject([{ queue: "order.refund" }, { queue: "order.tell" }]);
  expect(await next()).toContain("Job order.tell tells the customer of it");
  shop.jobs.pop();
  expect(await next()).toBe("");
});

test("refunds and what was redeemed stand in the explanation", async () => {
  const buyer = await paid();
  await buyer.refund({ MUG: 1 }, { shipping: true });
  await buyer.cancel();
  const { timeline, unavailable } = await shop.client.explainOrder({ orderId: buyer.orderId }, as.staff);
  const found = (kind: string) => timeline.find((entry) => entry.kind === kind);
  expect(found("refund")).toMatchObject({
    subject: expect.stringMatching(/^orf_/),
    data: { items: "1 × MUG", shipping: "true", amount: "1511 USD", state: "DONE" },
  });
  expect(found("redeemed")).toMatchObject({ subject: buyer.orderId, data: { promotions: "prm_SAVE SAVE" } });
  expect(found("released")).toBeDefined();
  expect(unavailable).toEqual([]);
  shop.wire.before.set("promotions.list", away);
  const partly = await shop.client.explainOrder({ orderId: buyer.orderId }, as.staff);
  expect(partly.unavailable).toEqual(["promotion"]);
});
