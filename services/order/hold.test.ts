import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { claimWaiting, expireDue } from "./store-sweep.ts";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.reset();
  await shop.drain();
});

const minute = 60_000;
const heldUntil = ({ orderId }: Buyer) => shop.inventory.reservations.get(orderId)?.expireTime.getTime() ?? 0;
const orderUntil = async (buyer: Buyer) => {
  const { holdExpireTime } = await buyer.get();
  return holdExpireTime === undefined ? 0 : timestampMs(holdExpireTime);
};

test("3-D Secure that begins late has a whole hold's time, in Inventory and on the order", async () => {
  const buyer = await shop.ready();
  shop.advance(holds.unpaidMs - minute);
  const now = shop.now().getTime();
  await buyer.pay("pm_3ds");
  expect(heldUntil(buyer) - now).toBeGreaterThanOrEqual(holds.unpaidMs);
  // Inventory counts from a moment later.
  const longer = heldUntil(buyer) - (await orderUntil(buyer));
  expect([longer >= 0, longer < 1_000]).toEqual([true, true]);
  // Being asked again prolongs nothing.
  const before = heldUntil(buyer);
  shop.advance(minute);
  await buyer.confirm();
  await shop.sweep();
  expect(heldUntil(buyer)).toBe(before);
  shop.payments.set(await buyer.paymentId(), "AUTHORIZED");
  shop.advance(holds.unpaidMs - 2 * minute);
  await buyer.confirm();
  expect(await buyer.holdings()).toMatchObject({ state: "PAID", goods: ["COMMITTED"] });
});

test("many attempts hold the goods for three times the time in all, not longer", async () => {
  const buyer = await shop.ready();
  const began = shop.now().getTime();
  for (let attempt = 0; attempt < 10; attempt++) {
    await buyer.pay("pm_3ds").catch(() => undefined);
    shop.advance(holds.unpaidMs - minute);
  }
  expect(heldUntil(buyer) - began).toBeLessThanOrEqual(3 * holds.unpaidMs + minute);
  await shop.sweep();
  expect(await buyer.holdings()).toEqual({ state: "EXPIRED", goods: ["RELEASED"], taken: 0n, open: false });
});

test("a card that is paid in the last moment keeps its goods while it is authorized", async () => {
  const name = "LAST-MOMENT";
  shop.inventory.onHand.set(name, 1);
  const buyer = await shop.ready({ lines: { [name]: { quantity: 1, cents: 2000 } } });
  shop.advance(holds.unpaidMs - 5_000);
  shop.wire.before.set("payments.create", async () => {
    shop.wire.before.clear();
    shop.advance(20_000);
    shop.inventory.expireDue();
    await shop.ready({ lines: { [name]: { quantity: 1, cents: 1 } } }).catch(() => undefined);
  });
  await buyer.pay();
  expect(await buyer.holdings()).toMatchObject({ state: "PAID", goods: ["COMMITTED"] });
});

test("a card that is paid early costs no call more", async () => {
  const buyer = await shop.ready();
  shop.wire.clear();
  await buyer.pay();
  expect(shop.wire.calls.some((call) => call.startsWith("inventory.extend"))).toBe(false);
});

test("a payment without news is asked for, ever more rarely, and found without any webhook", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  const asked: number[] = [];
  for (let seconds = 0; seconds < 20 * 60; seconds += 10) {
    shop.wire.calls.length = 0;
    await shop.sweep();
    if (shop.wire.calls.some((call) => call.startsWith("payments.refresh"))) asked.push(seconds / 60);
    shop.advance(10_000);
  }
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.length).toBeLessThan(8);
  const pauses = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
  expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(5.5);
  shop.payments.set(await buyer.paymentId(), "AUTHORIZED");
  shop.advance(6 * minute);
  await shop.sweep();
  expect(await buyer.state()).toBe("PAID");
});

test("3-D Secure that the buyer finished is found without a webhook or a call", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  shop.payments.set(await buyer.paymentId(), "AUTHORIZED");
  shop.advance(61_000);
  await shop.sweep();
  expect(await buyer.holdings()).toMatchObject({ state: "PAID", goods: ["COMMITTED"], taken: 2500n });
});

test("a new attempt is asked for as soon as the first one was", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  for (let i = 0; i < 4; i++) {
    shop.advance(6 * minute);
    await shop.sweep();
  }
  shop.payments.set(await buyer.paymentId(), "FAILED");
  await buyer.settle();
  await shop.db.execute(sql`
    update orders set hold_expire_time = now() + interval '1 day' where id = ${buyer.orderId}`);
  await buyer.pay("pm_3ds");
  shop.payments.set(await buyer.paymentId(), "AUTHORIZED");
  await shop.sweep();
  expect(await buyer.state()).toBe("PAID");
});

test("replicas that sweep at once share due and waiting orders, and pass over busy ones", async () => {
  const [due, waiting] = [await orders(6), await orders(6)];
  for (const buyer of waiting) await buyer.pay("pm_slow");
  const [busyDue, busyWaiting] = [due[0], waiting[0]];
  shop.advance(holds.unpaidMs + minute);
  const now = shop.now();
  const took = await shop.db.transaction(async (tx) => {
    await tx.query(sql`
      select id from orders where id in (${busyDue?.orderId}, ${busyWaiting?.orderId}) for update`);
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
    const expired = await Promise.all([1, 2, 3].map(() => expireDue(shop.db, { now, limit: 2 })));
    const claimed = await Promise.all([1, 2, 3].map(() => claimWaiting(shop.db, { now, limit: 2 })));
    return { expired: ids(expired.flat()), claimed: ids(claimed.flat()) };
  });
  for (const [all, busy, ids] of [
    [due, busyDue, took.expired],
    [waiting, busyWaiting, took.claimed],
  ] as const) {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(busy?.orderId);
    for (const id of ids) expect(all.map(({ orderId }) => orderId)).toContain(id);
    expect(ids.length).toBeGreaterThanOrEqual(2);
  }
});

function orders(n: number): Promise<Buyer[]> {
  return Promise.all(Array.from({ length: n }, () => shop.ready()));
}
