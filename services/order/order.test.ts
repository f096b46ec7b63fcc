import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import {
  attemptSources,
  type OrderState,
  type PaymentAttemptState,
  type PaymentSnapshot,
  shipmentIdOf,
  sourcesOf,
  transitions,
} from "./order.ts";
import {
  beginFulfillment,
  markCanceled,
  markFree,
  markFulfilled,
  markPaid,
  markUnpayable,
  recordPayment,
  recordReservation,
  takeIntoWork,
} from "./store-change.ts";
import { beginReturn, beginRevival, markRevived } from "./store-late.ts";
import { expireDue } from "./store-sweep.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
let buyer: Buyer;
beforeAll(async () => {
  shop = await TestOrders.open();
  buyer = await shop.ready();
});
afterAll(() => shop[Symbol.asyncDispose]());

const states = Object.keys(transitions) as OrderState[];
const attemptStates = Object.keys(attemptSources) as PaymentAttemptState[];
const snapshot: PaymentSnapshot = { method: "card", clientSecret: "", redirectUrl: "", declineCode: "" };
const fulfillment = { carrier: "", trackingNumber: "", trackingUrl: "", labelUrl: "" };
const paymentId = "pay_1";
const future = new Date(Date.now() + 10 ** 9);

/** Puts the order where a transition is tried from. */
async function put(state: OrderState, paymentState: PaymentAttemptState | null = null): Promise<string> {
  const live = paymentState === null ? null : paymentId;
  await shop.db.execute(sql`
    update orders set state = ${state}, payment_state = ${paymentState}, payment_id = ${live}, fulfilling = false, late_money = null
    where id = ${buyer.orderId}`);
  return buyer.orderId;
}

/** What makes each transition, and the live attempt it needs. */
const makers: [OrderState, PaymentAttemptState | null, (orderId: string) => Promise<unknown>][] = [
  [
    "PAID",
    "PROCESSING",
    async (orderId) =>
      (await markPaid(shop.db, { orderId, paymentId, snapshot })) ??
      (await beginRevival(shop.db, { orderId, paymentId }).then((reviving) =>
        reviving ? markRevived(shop.db, { orderId, paymentId, snapshot }) : undefined,
      )),
  ],
  ["FULFILLED", null, (orderId) => markFulfilled(shop.db, { orderId, fulfillment, shipments: [] })],
  ["CANCELED", null, (orderId) => markCanceled(shop.db, { orderId, reason: "" })],
  ["EXPIRED", null, async () => (await expireDue(shop.db, { now: future, limit: 10 }))[0]],
];

test.each(makers)(
  "an order becomes %s only from where the table says, and only once",
  async (to, attempt, make) => {
    for (const from of states) {
      const orderId = await put(from, attempt);
      const allowed = transitions[from].includes(to);
      expect([from, to, (await make(orderId)) !== undefined]).toEqual([from, to, allowed]);
      expect(await buyer.state()).toBe(allowed ? to : from);
      expect(await make(orderId)).toBeUndefined();
    }
  },
);

test("out of an end leads late money alone, and nothing back to the start", () => {
  expect(states.filter((state) => transitions[state].length === 0)).toEqual(["FULFILLED"]);
  expect([transitions.CANCELED, transitions.EXPIRED]).toEqual([["PAID"], ["PAID"]]);
  expect(sourcesOf("PENDING_PAYMENT")).toEqual([]);
  expect(sourcesOf("CANCELED")).toEqual(["PENDING_PAYMENT", "PAID"]);
});

test.each(attemptStates)("an attempt becomes %s only from where the table says", async (to) => {
  for (const from of attemptStates) {
    const orderId = await put("PENDING_PAYMENT", from);
    const changed = await recordPayment(shop.db, { orderId, paymentId, state: to, snapshot });
    const allowed = attemptSources[to].includes(from);
    expect([from, to, changed?.paymentState]).toEqual([from, to, allowed ? to : undefined]);
  }
});

test("what is said of an attempt that is no longer the order's changes nothing", async () => {
  const orderId = await put("PENDING_PAYMENT", "PROCESSING");
  const other = { orderId, paymentId: "pay_other" };
  expect(await recordPayment(shop.db, { ...other, state: "FAILED", snapshot })).toBeUndefined();
  expect(await takeIntoWork(shop.db, other)).toBeUndefined();
  expect(await markPaid(shop.db, { ...other, snapshot })).toBeUndefined();
  expect(await markUnpayable(shop.db, { ...other, reason: "", lateMoney: null })).toBeUndefined();
});

test.each(["PAID", "FULFILLED", "CANCELED", "EXPIRED"] as const)(
  "no attempt of an order that is %s is taken into work",
  async (state) => {
    const orderId = await put(state, "REQUIRES_ACTION");
    expect(await takeIntoWork(shop.db, { orderId, paymentId })).toBeUndefined();
    expect(await markUnpayable(shop.db, { orderId, paymentId, reason: "", lateMoney: null })).toBeUndefined();
  },
);

test("an attempt in the works keeps its order from being canceled, expired, or given away", async () => {
  const orderId = await put("PENDING_PAYMENT", "PROCESSING");
  expect(await markCanceled(shop.db, { orderId, reason: "" })).toBeUndefined();
  expect(await expireDue(shop.db, { now: future, limit: 10 })).toEqual([]);
  await shop.db.execute(sql`update orders set item_total = 0, shipping_total = 0 where id = ${orderId}`);
  expect(await markFree(shop.db, orderId)).toBeUndefined();
  await put("PENDING_PAYMENT");
  expect((await markFree(shop.db, orderId))?.state).toBe("PAID");
});

test.each(["CANCELED", "EXPIRED"] as const)(
  "what late money does to an order that is %s is decided once, and a return is final",
  async (state) => {
    const orderId = await put(state, "FAILED");
    const own = { orderId, paymentId };
    expect(await markRevived(shop.db, { ...own, snapshot })).toBeUndefined();
    expect(await beginRevival(shop.db, { orderId, paymentId: "pay_other" })).toBeUndefined();
    const decisions = await Promise.all([
      ...Array.from({ length: 5 }, () => beginRevival(shop.db, own)),
      ...Array.from({ length: 5 }, () => beginReturn(shop.db, { ...own, from: null })),
    ]);
    expect(decisions.filter((order) => order !== undefined)).toHaveLength(1);
    const [decided] = decisions.filter((order) => order !== undefined);
    if (decided?.lateMoney === "REVIVE") await beginReturn(shop.db, { ...own, from: "REVIVE" });
    expect(await beginRevival(shop.db, own)).toBeUndefined();
    expect(await markRevived(shop.db, { ...own, snapshot })).toBeUndefined();
    expect(await buyer.state()).toBe(state);
  },
);

test.each(["CAPTURED", "REFUNDED"] as const)(
  "an order whose money was %s before it was canceled is not revived by it",
  async (attempt) => {
    const orderId = await put("CANCELED", attempt);
    expect(await beginRevival(shop.db, { orderId, paymentId })).toBeUndefined();
  },
);

test("a revival keeps late reservations alone, an unpaid order none of them", async () => {
  const from = buyer.orderId;
  const keep = async (late: boolean, held: string) => {
    const reservationId = late ? `${from}:late` : `${from}:2`;
    await shop.db.execute(sql`update orders set reservation_id = ${held} where id = ${from}`);
    return (await recordReservation(shop.db, { orderId: from, from, reservationId, late })) !== undefined;
  };
  await put("PENDING_PAYMENT", "PROCESSING");
  expect([await keep(false, from), await keep(true, from), await keep(false, `${from}:3`)]).toEqual([
    true,
    false,
    false,
  ]);
  await put("EXPIRED", "FAILED");
  expect([await keep(false, from), await keep(true, from)]).toEqual([false, false]);
  await beginRevival(shop.db, { orderId: from, paymentId });
  expect([await keep(false, from), await keep(true, from), await keep(true, `${from}:late`)]).toEqual([
    false,
    true,
    true,
  ]);
});

test("an attempt's id and its state come together", async () => {
  const orderId = await put("PENDING_PAYMENT");
  const alone = shop.db.execute(sql`update orders set payment_id = 'pay_1' where id = ${orderId}`);
  await expect(alone).rejects.toThrow("orders_one_attempt");
});

test("an order that costs something is not paid for nothing", async () => {
  const orderId = await put("PENDING_PAYMENT");
  await shop.db.execute(sql`update orders set item_total = 1 where id = ${orderId}`);
  expect(await markFree(shop.db, orderId)).toBeUndefined();
});

test("begun fulfilment excludes canceling, and a canceled order its fulfilment", async () => {
  const orderId = await put("PAID");
  expect((await beginFulfillment(shop.db, orderId))?.fulfilling).toBe(true);
  expect(await markCanceled(shop.db, { orderId, reason: "" })).toBeUndefined();
  await put("CANCELED");
  expect(await beginFulfillment(shop.db, orderId)).toBeUndefined();
});

test("a shipment is named after its order", () => {
  expect(shipmentIdOf("ord_01ord_x")).toBe("shp_01ord_x");
});
