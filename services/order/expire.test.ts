import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const expired = { state: "EXPIRED", goods: ["RELEASED"], taken: 0n, open: false };

test.each<[string, (buyer: Buyer) => Promise<unknown>]>([
  ["unpaid", async () => undefined],
  ["declined", (buyer) => buyer.pay("pm_declined").catch(() => undefined)],
  ["waiting for 3-D Secure", (buyer) => buyer.pay("pm_3ds")],
])("an order that is %s expires with its hold, and not before", async (_what, before) => {
  const buyer = await shop.ready();
  await before(buyer);
  shop.advance(holds.unpaidMs - 30_000);
  await shop.sweep();
  expect(await buyer.state()).toBe("PENDING_PAYMENT");
  shop.advance(60_000);
  await shop.sweep();
  expect(await buyer.holdings()).toEqual(expired);
  expect((await buyer.events()).at(-1)).toBe("expired");
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["EXPIRED"]);
});

test("a transfer's order expires after its deadline and slack; its instructions are void", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.advance(holds.transferMs + holds.transferSlackMs - 30_000);
  await shop.sweep();
  expect(await buyer.state()).toBe("PENDING_PAYMENT");
  shop.advance(60_000);
  await shop.sweep();
  expect(await buyer.holdings()).toEqual(expired);
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.FAILED);
});

test("paid and canceled orders never expire", async () => {
  const [paid, canceled] = [await shop.ready(), await shop.ready()];
  await paid.pay();
  await canceled.cancel();
  shop.advance(holds.transferMs * 10);
  await shop.sweep();
  expect([await paid.state(), await canceled.state()]).toEqual(["PAID", "CANCELED"]);
});

test("many due orders expire once each, with several sweeps at once", async () => {
  const buyers = await Promise.all(Array.from({ length: 25 }, () => shop.ready()));
  shop.advance(holds.unpaidMs + 1000);
  await Promise.all([shop.sweep(), shop.sweep(), shop.sweep()]);
  for (const buyer of buyers) {
    expect(await buyer.holdings()).toEqual(expired);
    expect((await buyer.events()).filter((kind) => kind === "expired")).toHaveLength(1);
  }
  expect(shop.jobs.filter(({ queue }) => queue === "order.undo")).toHaveLength(25);
  expect(await shop.sweep()).toBe(0);
});

test("an expiry whose goods could not be given back at once is finished by its job", async () => {
  const buyer = await shop.ready();
  shop.advance(holds.unpaidMs + 1000);
  shop.wire.before.set("inventory.release", away);
  await shop.sweep();
  expect(await buyer.holdings()).toEqual({ ...expired, goods: ["HELD"] });
  shop.wire.clear();
  await shop.work();
  expect(await buyer.holdings()).toEqual(expired);
});

test("a payment in the works keeps its order from expiring, until it is known what became of it", async () => {
  const buyer = await shop.ready();
  const order = await buyer.pay("pm_slow");
  shop.advance(holds.unpaidMs + 1000);
  await shop.sweep();
  expect(await buyer.state()).toBe("PENDING_PAYMENT");
  shop.payments.set(order.payment?.id ?? "", "FAILED", { declineCode: "do_not_honor" });
  shop.advance(300_000);
  await shop.sweep();
  await shop.sweep();
  expect(await buyer.holdings()).toEqual(expired);
});

test("a provider that does not answer holds up neither expiry nor the other payments", async () => {
  const stuck = await shop.ready();
  const slow = await stuck.pay("pm_slow");
  const done = await shop.ready();
  const other = await done.pay("pm_slow");
  const due = await shop.ready();
  shop.payments.set(other.payment?.id ?? "", "AUTHORIZED");
  shop.wire.before.set("payments.refresh", (id) => (id === slow.payment?.id ? away(id) : undefined));
  shop.advance(holds.unpaidMs + 1000);
  await shop.sweep();
  expect([await stuck.state(), await done.state(), await due.state()]).toEqual([
    "PENDING_PAYMENT",
    "PAID",
    "EXPIRED",
  ]);
});

test("expire and pay at once: expired and given back, or paid and kept", async () => {
  for (let round = 0; round < 10; round++) {
    const buyer = await shop.ready();
    // The hold ends while the buyer's call is on its way.
    shop.wire.before.set("payments.create", () => shop.advance(holds.unpaidMs + 1000));
    await Promise.allSettled([buyer.pay(), shop.sweep()]);
    await shop.sweep();
    await shop.work();
    const holdings = await buyer.holdings();
    const kept = { state: "FULFILLED", goods: ["COMMITTED"], taken: 2500n, open: false };
    expect([expired, kept]).toContainEqual(holdings);
    shop.reset();
  }
});
