import type { MessageInitShape } from "@bufbuild/protobuf";
import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  Order_State,
  OrderPayment_State,
  type WatchOrderRequestSchema,
  type WatchOrderResponse,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { LocalFeed } from "../../lib/watch/index.ts";
import { readAll } from "../../lib/watch/testing/take.ts";
import { isOver, type Order } from "./order.ts";
import { markCanceled, takeIntoWork } from "./store-change.ts";
import { noteOnce } from "./store-event.ts";
import { type Buyer, buyerOf, TestOrders } from "./testing/shop.ts";

const feed = new LocalFeed();
let shop: TestOrders;
const open: AbortController[] = [];

beforeAll(async () => {
  shop = await TestOrders.open({ feed, recheckMs: 3_600_000 });
});
beforeEach(() => shop.reset());
afterEach(() => {
  for (const controller of open.splice(0)) controller.abort();
});
afterAll(() => shop[Symbol.asyncDispose]());

function watch(request: MessageInitShape<typeof WatchOrderRequestSchema>, caller: CallOptions) {
  const controller = new AbortController();
  open.push(controller);
  const reading = readAll(shop.client.watchOrder(request, { ...caller, signal: controller.signal }));
  const messages: WatchOrderResponse[] = [];
  const got = () => {
    messages.push(...reading.take());
    return messages;
  };
  /** The kinds of all events so far. */
  const kinds = () => got().flatMap(({ events }) => events.map(({ kind }) => kind));
  return {
    got,
    kinds,
    first: () => waitFor(() => got()[0]),
    /** The last message, once an event of this kind has come. */
    hears: async (kind: string) => {
      await waitFor(() => kinds().includes(kind), { what: `event ${kind}` });
      return got().at(-1);
    },
    leave: () => controller.abort(),
    ended: reading.ended,
  };
}

const watchAs = (buyer: Buyer, lastEventId = "") =>
  watch({ orderId: buyer.orderId, lastEventId }, buyerOf(buyer.cartId));

const eventsOf = async (buyer: Buyer) =>
  (await shop.client.listOrderEvents({ orderId: buyer.orderId }, shop.staff)).events;

test("first the order as it is, without its past; then each change with its events, up to the parcel", async () => {
  const buyer = await shop.ready();
  const watcher = watchAs(buyer);
  const first = await watcher.first();
  expect(first).toMatchObject({ order: await buyer.get(), events: [] });
  expect(first.eventId).toMatch(`${(await eventsOf(buyer)).at(-1)?.id}-`);
  await buyer.pay();
  const paid = await watcher.hears("paid");
  expect(paid?.order?.state).toBe(Order_State.PAID);
  await shop.work();
  expect(await watcher.ended).toBeUndefined();
  expect(watcher.kinds()).toEqual(["payment_started", "paid", "fulfilled"]);
  expect(watcher.got().at(-1)?.order).toEqual(await buyer.get());
  const past = await eventsOf(buyer);
  expect(watcher.got().flatMap(({ events }) => events)).toEqual(past.slice(-3));
});

test("changes without an event are sent, too", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  const watcher = watchAs(buyer);
  const { order } = await watcher.first();
  expect(order?.payment?.state).toBe(OrderPayment_State.REQUIRES_ACTION);
  await takeIntoWork(shop.deps.db, { orderId: buyer.orderId, paymentId: await buyer.paymentId() });
  const second = await waitFor(() => watcher.got()[1]);
  expect(second).toMatchObject({ order: { payment: { state: OrderPayment_State.PROCESSING } }, events: [] });
  expect(second.eventId).not.toBe(watcher.got()[0]?.eventId);
});

test("who resumes with the latest is sent nothing until something changes, and then no more than that", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  const { eventId } = await watchAs(buyer).first();
  const watcher = watchAs(buyer, eventId);
  const witness = watchAs(buyer);
  await witness.first();
  await takeIntoWork(shop.deps.db, { orderId: buyer.orderId, paymentId: await buyer.paymentId() });
  await waitFor(() => witness.got()[1]);
  const first = await watcher.first();
  expect(first).toMatchObject({ order: { payment: { state: OrderPayment_State.PROCESSING } }, events: [] });
  expect(first).toEqual(witness.got()[1]);
});

test("a change without an event while nobody watched is sent to who resumes", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  const before = watchAs(buyer);
  const { eventId } = await before.first();
  before.leave();
  await takeIntoWork(shop.deps.db, { orderId: buyer.orderId, paymentId: await buyer.paymentId() });
  expect((await watchAs(buyer, eventId).first()).order?.payment?.state).toBe(OrderPayment_State.PROCESSING);
});

test("who has seen the end is sent nothing more", async () => {
  const buyer = await shop.ready();
  await buyer.cancel();
  const watcher = watchAs(buyer);
  expect(await watcher.ended).toBeUndefined();
  const again = watchAs(buyer, watcher.got().at(-1)?.eventId);
  expect(await again.ended).toBeUndefined();
  expect(again.got()).toEqual([]);
});

test("who resumes is sent what happened since, once and in order, from wherever they were", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  await buyer.cancel();
  await shop.work();
  const all = await eventsOf(buyer);
  expect(all.length).toBeGreaterThan(3);
  for (const [i, event] of all.entries()) {
    const watcher = watchAs(buyer, String(event.id));
    expect(await watcher.ended).toBeUndefined();
    expect(watcher.got()).toHaveLength(1);
    expect(watcher.got()[0]).toMatchObject({
      events: all.slice(i + 1),
      eventId: expect.stringMatching(`^${all.at(-1)?.id}-`),
    });
  }
});

test("a break at any time: the events before and after it are all of them, once", async () => {
  const buyer = await shop.ready();
  const before = watchAs(buyer);
  await before.first();
  await buyer.transfer();
  await before.hears("payment_pending");
  before.leave();
  await before.ended;
  const lastEventId = before.got().at(-1)?.eventId ?? "";
  await shop.client.cancelOrder({ orderId: buyer.orderId, reason: "gone" }, buyerOf(buyer.cartId));
  const after = watchAs(buyer, lastEventId);
  await after.hears("canceled");
  const past = (await eventsOf(buyer)).map(({ kind }) => kind);
  expect(["placed", "shipping_method_set", ...before.kinds(), ...after.kinds()]).toEqual(past);
});

test("expiry by the sweep is seen, and ends an order that nobody began to pay", async () => {
  const buyer = await shop.ready();
  const watcher = watchAs(buyer);
  await watcher.first();
  shop.advance(16 * 60_000);
  await shop.sweep();
  expect(await watcher.ended).toBeUndefined();
  expect(watcher.kinds()).toEqual(["expired"]);
});

test("a refund is waited for", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  const watcher = watchAs(buyer);
  await watcher.first();
  await buyer.cancel();
  await shop.work();
  expect(await watcher.ended).toBeUndefined();
  expect(watcher.kinds()).toEqual(["canceled", "refunded"]);
});

test.each([
  { last: "1", what: "another order's event" },
  { last: "9223372036854775807", what: "an event to come" },
  { last: "9999999999999999999", what: "more than there will ever be" },
  { last: "abc", what: "no number" },
  { last: "-1", what: "less than none" },
  { last: "1-", what: "half of one" },
])("$last is refused: $what", async ({ last }) => {
  const [, buyer] = [await shop.ready(), await shop.ready()];
  expect(reasonOf(await watchAs(buyer, last).ended)).toBe("INVALID_ARGUMENT");
});

test("only who may get the order may watch it", async () => {
  const buyer = await shop.ready();
  const { orderId } = buyer;
  expect(reasonOf(await watch({ orderId }, as.guest("somebody else")).ended)).toBe("NOT_OWNER");
  expect(reasonOf(await watch({ orderId: "ord_none" }, shop.staff).ended)).toBe("ORDER_NOT_FOUND");
  expect((await watch({ orderId }, shop.staff).first()).order?.id).toBe(orderId);
});

test("whose order it was, but is no more, is sent no change", async () => {
  const buyer = await shop.ready();
  const watcher = watchAs(buyer);
  await watcher.first();
  await shop.db.execute(sql`update orders set owner = 'cus_1' where id = ${buyer.orderId}`);
  await shop.client.cancelOrder({ orderId: buyer.orderId, reason: "new owner" }, shop.staff);
  expect(reasonOf(await watcher.ended)).toBe("NOT_OWNER");
  expect(watcher.got()).toHaveLength(1);
});

test("orders that change at once are read together", async () => {
  const buyers = [await shop.ready(), await shop.ready(), await shop.ready()];
  const watchers = buyers.map((buyer) => watchAs(buyer));
  for (const watcher of watchers) await watcher.first();
  shop.statements.length = 0;
  shop.advance(16 * 60_000);
  await shop.sweep();
  for (const watcher of watchers) await watcher.ended;
  const reads = shop.statements.filter((text) => text.includes("knowsReader"));
  expect(reads.length).toBeLessThan(buyers.length);
});

test("a process that stops sends its watchers elsewhere", async () => {
  const stopping = new LocalFeed();
  await using other = await TestOrders.open({ feed: stopping });
  const buyer = await other.ready();
  const stream = other.client.watchOrder({ orderId: buyer.orderId }, other.staff);
  const reading = readAll(stream);
  await waitFor(() => reading.take().length > 0);
  stopping.stop();
  expect(ConnectError.from(await reading.ended).code).toBe(Code.Unavailable);
});

/** While another transaction changes the order, its event comes before that of whoever waits. */
test("an order's events have their ids in the order of their commits", async () => {
  const buyer = await shop.ready();
  const { orderId } = buyer;
  let noted: Promise<boolean> | undefined;
  await shop.db.transaction(async (tx) => {
    const [mine] = await tx.query<{ pid: number }>(sql`
      select pg_backend_pid() as pid from orders where id = ${orderId} for update`);
    noted = noteOnce(shop.db, { orderId, kind: "late_payment", data: { payment_id: "pay_1" } });
    await waitFor(async () => {
      const waiting = await shop.db.query(sql`
        select pid from pg_locks where not granted and ${mine?.pid}::int = any(pg_blocking_pids(pid))`);
      return waiting.length > 0;
    });
    await markCanceled(tx, { orderId, reason: "first" });
  });
  expect(await noted).toBe(true);
  expect((await buyer.events()).slice(-2)).toEqual(["canceled", "late_payment"]);
});

const over: [Order["state"], Order["paymentState"], Order["lateMoney"], boolean, string][] = [
  ["PENDING_PAYMENT", null, null, false, "it may be paid, and will expire"],
  ["PENDING_PAYMENT", "FAILED", null, false, "it may be paid by another attempt"],
  ["PAID", "CAPTURED", null, false, "it is going to be shipped"],
  ["FULFILLED", "CAPTURED", null, true, "it is on its way"],
  ["FULFILLED", "REFUNDED", null, true, "it is on its way, and refunded"],
  ["EXPIRED", null, null, true, "nobody began to pay"],
  ["CANCELED", null, null, true, "nobody began to pay"],
  ["CANCELED", "FAILED", null, true, "its attempt is given up"],
  ["CANCELED", "REFUNDED", null, true, "its money is back"],
  ["CANCELED", "REFUNDED", "RETURN", true, "its late money is back"],
  ["CANCELED", "CAPTURED", null, false, "its money is to go back"],
  ["CANCELED", "AWAITING_TRANSFER", null, false, "its attempt is to be given up"],
  ["EXPIRED", "REQUIRES_ACTION", null, false, "its attempt is to be given up"],
  ["EXPIRED", "PROCESSING", "REVIVE", false, "it is being made good for late money"],
  ["CANCELED", "FAILED", "RETURN", false, "its late money is to go back"],
];

test.each(over)("%s, payment %s, late money %s: over is %s: %s", (state, paymentState, lateMoney, is) => {
  expect(isOver({ state, paymentState, lateMoney })).toBe(is);
});
