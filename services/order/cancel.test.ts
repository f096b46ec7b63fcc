import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const nothing = { taken: 0n, open: false };

/** What was done with an order before it is canceled, and where its goods and its payment are then. */
const cancelable: [string, (buyer: Buyer) => Promise<unknown>, string, OrderPayment_State | undefined][] = [
  ["unpaid", async () => undefined, "RELEASED", undefined],
  [
    "declined",
    (buyer) => buyer.pay("pm_declined").catch(() => undefined),
    "RELEASED",
    OrderPayment_State.FAILED,
  ],
  ["waiting for 3-D Secure", (buyer) => buyer.pay("pm_3ds"), "RELEASED", OrderPayment_State.FAILED],
  ["waiting for a transfer", (buyer) => buyer.transfer(), "RELEASED", OrderPayment_State.FAILED],
  ["paid", (buyer) => buyer.pay(), "RESTOCKED", OrderPayment_State.REFUNDED],
];

test.each(cancelable)(
  "an order that is %s: goods and money go back at once",
  async (_what, before, goods, payment) => {
    const buyer = await shop.ready();
    await before(buyer);
    const order = await buyer.cancel("wrong size");
    expect(order).toMatchObject({ state: Order_State.CANCELED, cancelReason: "wrong size" });
    expect(order.payment?.state).toBe(payment);
    expect(await buyer.get()).toEqual(order);
    expect(await buyer.holdings()).toEqual({ ...nothing, state: "CANCELED", goods: [goods] });
    const events = await buyer.events();
    const end = payment === OrderPayment_State.REFUNDED ? ["canceled", "refunded"] : ["canceled"];
    expect(events.slice(-end.length)).toEqual(end);
    await shop.work();
    expect(shop.notify.toldOf(buyer.orderId)).toContain("CANCELED");
    expect(shop.shipping.sold).not.toContain(buyer.orderId.replace("ord_", "shp_"));
  },
);

test.each(cancelable)(
  "twice, and 10 times at once, an order that is %s is canceled once",
  async (_what, before) => {
    const buyer = await shop.ready();
    await before(buyer);
    shop.jobs.length = 0;
    const orders = await Promise.all(Array.from({ length: 10 }, () => buyer.cancel()));
    for (const order of [...orders, await buyer.cancel("again")]) {
      expect(order).toMatchObject({ state: Order_State.CANCELED, cancelReason: "changed my mind" });
    }
    expect((await buyer.events()).filter((kind) => kind === "canceled")).toHaveLength(1);
    expect(shop.jobs).toHaveLength(1);
    expect(await buyer.holdings()).toMatchObject(nothing);
  },
);

test.each(["inventory.release", "payments.refresh", "payments.cancel"])(
  "a cancellation whose %s fails is answered, and its job does the rest",
  async (call) => {
    for (const hooks of [shop.wire.before, shop.wire.after]) {
      const buyer = await shop.ready();
      await buyer.pay("pm_3ds");
      hooks.set(call, away);
      expect((await buyer.cancel()).state).toBe(Order_State.CANCELED);
      await shop.work();
      shop.wire.clear();
      await shop.work();
      expect(await buyer.holdings()).toEqual({ ...nothing, state: "CANCELED", goods: ["RELEASED"] });
      expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.FAILED);
      expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED"]);
      expect(shop.jobs).toEqual([]);
    }
  },
);

test.each(["inventory.restock", "payments.refund", "notify.order"])(
  "the undo of a paid order whose %s fails is repeated until all is back",
  async (call) => {
    for (const hooks of [shop.wire.before, shop.wire.after]) {
      const buyer = await shop.ready();
      await buyer.pay();
      shop.jobs.length = 0;
      hooks.set(call, away);
      await buyer.cancel();
      await shop.work();
      shop.wire.clear();
      await shop.work();
      expect(await buyer.holdings()).toEqual({ ...nothing, state: "CANCELED", goods: ["RESTOCKED"] });
      expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED"]);
    }
  },
);

test("a label that is being bought, and one that is bought, end it", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  shop.wire.before.set("shipping.buy", away);
  await shop.work();
  expect(await outcomeOf(buyer.cancel())).toMatchObject({
    reason: "ORDER_NOT_CANCELABLE",
    metadata: { order_id: buyer.orderId, state: "PAID" },
  });
  shop.wire.clear();
  await shop.work();
  expect(await outcomeOf(buyer.cancel())).toMatchObject({
    reason: "ORDER_NOT_CANCELABLE",
    metadata: { state: "FULFILLED" },
  });
  expect(await buyer.holdings()).toEqual({
    state: "FULFILLED",
    goods: ["COMMITTED"],
    taken: 2500n,
    open: false,
  });
});

test("an expired order is not canceled any more", async () => {
  const buyer = await shop.ready();
  shop.advance(holds.unpaidMs + 1000);
  await shop.sweep();
  expect(await outcomeOf(buyer.cancel())).toMatchObject({
    reason: "ORDER_NOT_CANCELABLE",
    metadata: { state: "EXPIRED" },
  });
});

test("a payment in the works ends it, and is named", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  const payment_id = await buyer.paymentId();
  expect(await outcomeOf(buyer.cancel())).toMatchObject({
    reason: "PAYMENT_IN_PROGRESS",
    metadata: { order_id: buyer.orderId, payment_id },
  });
});

test("an order that is paid in the moment of the refusal may be canceled by the next call", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  const transaction = shop.deps.db.transaction.bind(shop.deps.db);
  shop.deps.db.transaction = async (work) => {
    const result = await transaction(work);
    await shop.db.execute(
      sql`update orders set state = 'PAID', payment_state = 'CAPTURED' where id = ${buyer.orderId}`,
    );
    return result;
  };
  expect(await outcomeOf(buyer.cancel())).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
  shop.deps.db.transaction = transaction;
  expect((await buyer.cancel()).state).toBe(Order_State.CANCELED);
});

test("cancel and pay at once: paid and kept, or canceled and given back", async () => {
  for (let round = 0; round < 15; round++) {
    const buyer = await shop.ready();
    await Promise.allSettled(round % 2 ? [buyer.pay(), buyer.cancel()] : [buyer.cancel(), buyer.pay()]);
    const { state, taken, open } = await buyer.holdings();
    expect([state, taken, open]).toEqual([state, state === "CANCELED" ? 0n : 2500n, false]);
    expect(["CANCELED", "PAID"]).toContain(state);
  }
});

test("cancel and ship at once: never both", async () => {
  const ended = new Set<string>();
  for (let round = 0; round < 20 || (ended.size < 2 && round < 200); round++) {
    const buyer = await shop.ready();
    await buyer.pay();
    // Shipping takes the shorter way, so that it starts a little later each time, until both have won.
    const later = async () => {
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      await shop.work();
    };
    await Promise.allSettled([buyer.cancel(), later()]);
    await shop.work();
    const { state, taken } = await buyer.holdings();
    const sold = shop.shipping.sold.includes(buyer.orderId.replace("ord_", "shp_"));
    ended.add(state);
    expect([state, sold, taken]).toEqual(
      state === "CANCELED" ? ["CANCELED", false, 0n] : ["FULFILLED", true, 2500n],
    );
  }
  expect(ended).toEqual(new Set(["CANCELED", "FULFILLED"]));
});

test("CancelOrder is for the order's owner and for staff", async () => {
  const { orderId } = await shop.ready();
  expect(await outcomeOf(shop.client.cancelOrder({ orderId }, as.guest("stranger")))).toMatchObject({
    reason: "NOT_OWNER",
  });
  expect(await outcomeOf(shop.client.cancelOrder({ orderId: "ord_none" }, as.staff))).toMatchObject({
    reason: "ORDER_NOT_FOUND",
  });
  expect((await shop.client.cancelOrder({ orderId }, as.staff)).state).toBe(Order_State.CANCELED);
});
