import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
let sku = 0;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const paid = { state: "PAID", taken: 2500n, open: false };
const madeWhole = { state: "CANCELED", taken: 0n, open: false };

/** An order for the last two units of a SKU of its own. */
async function lastUnits(): Promise<{ buyer: Buyer; name: string }> {
  const name = `LAST-${++sku}`;
  shop.inventory.onHand.set(name, 2);
  const buyer = await shop.ready({ lines: { [name]: { quantity: 2, cents: 1000 } } });
  return { buyer, name };
}

/** Has the hold of an order end while its card is being authorized; with `rival`, somebody takes its goods. */
function endHoldWhilePaying(rival?: { name: string }) {
  shop.wire.after.set("payments.create", async () => {
    shop.advance(holds.unpaidMs + 1000);
    shop.inventory.expireDue();
    if (rival !== undefined) await shop.ready({ lines: { [rival.name]: { quantity: 1, cents: 1 } } });
  });
}

test("a hold that ended while the goods are still there is made again, and the order paid", async () => {
  const { buyer, name } = await lastUnits();
  endHoldWhilePaying();
  await buyer.pay();
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["EXPIRED", "COMMITTED"] });
  expect(shop.inventory.onHand.get(name)).toBe(0);
});

test("goods that are gone at the commit: the money is freed, never taken, and the order canceled", async () => {
  const { buyer, name } = await lastUnits();
  endHoldWhilePaying({ name });
  expect(await outcomeOf(buyer.pay())).toMatchObject({
    reason: "HOLD_EXPIRED",
    metadata: { order_id: buyer.orderId },
  });
  expect(await buyer.holdings()).toEqual({ ...madeWhole, goods: ["EXPIRED"] });
  expect(shop.wire.calls.some((call) => call.startsWith("payments.capture"))).toBe(false);
  const order = await buyer.get();
  expect(order).toMatchObject({
    cancelReason: "the goods are no longer there",
    payment: { state: OrderPayment_State.FAILED },
  });
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED"]);
});

test("a call that died between the second reservation and its commit is gone on with", async () => {
  const { buyer, name } = await lastUnits();
  endHoldWhilePaying();
  let commits = 0;
  shop.wire.before.set("inventory.commit", () => (++commits === 2 ? away("") : undefined));
  expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  // The second hold ends, too.
  shop.advance(61_000);
  shop.inventory.expireDue();
  await shop.sweep();
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["EXPIRED", "EXPIRED", "COMMITTED"] });
  expect(shop.inventory.onHand.get(name)).toBe(0);
});

test("two who settle after the hold had ended share the second reservation", async () => {
  const { buyer, name } = await lastUnits();
  shop.wire.after.set("payments.create", away);
  expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  shop.advance(holds.unpaidMs + 1000);
  shop.inventory.expireDue();
  await Promise.all([buyer.settle(), buyer.settle(), shop.sweep(), shop.sweep()]);
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["EXPIRED", "COMMITTED"] });
  expect(shop.inventory.onHand.get(name)).toBe(0);
  expect(shop.jobs).toHaveLength(1);
});

test("one who settles too late to reserve again leaves the goods of the paid order alone", async () => {
  const { buyer, name } = await lastUnits();
  shop.wire.after.set("payments.create", away);
  expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  shop.advance(holds.unpaidMs + 1000);
  shop.inventory.expireDue();
  let late: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    shop.wire.before.set("inventory.reserve", async () => {
      shop.wire.before.clear();
      await buyer.settle();
      resolve();
    });
    late = buyer.settle();
  });
  expect(await late).toMatchObject({ state: Order_State.PAID });
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["EXPIRED", "COMMITTED"] });
  expect(shop.inventory.onHand.get(name)).toBe(0);
});

test("money captured for an attempt that is no longer the order's goes back", async () => {
  const { buyer } = await lastUnits();
  shop.wire.after.set("payments.capture", async () => {
    await shop.db.execute(sql`update orders set payment_id = 'pay_other' where id = ${buyer.orderId}`);
  });
  expect((await buyer.pay()).state).toBe(Order_State.PENDING_PAYMENT);
  expect(shop.payments.takenFor(buyer.orderId)).toBe(0n);
});

test.each(["CANCELED", "FAILED"] as const)(
  "money that can no longer be taken (%s): the goods go back, the order is canceled",
  async (state) => {
    const { buyer, name } = await lastUnits();
    shop.wire.before.set("payments.capture", (id) => {
      shop.payments.set(id, state);
    });
    expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({
      reason: "PAYMENT_NOT_CAPTURED",
      metadata: { order_id: buyer.orderId },
    });
    expect(await buyer.holdings()).toEqual({ ...madeWhole, goods: ["RESTOCKED"] });
    expect(shop.inventory.onHand.get(name)).toBe(2);
    expect((await buyer.get()).cancelReason).toBe("the authorized money could not be taken");
    expect((await buyer.pay("pm_card_visa", "k")).state).toBe(Order_State.CANCELED);
  },
);

/** After which call the process dies; what the order looks like until somebody goes on. */
test.each(["payments.create", "inventory.commit", "payments.capture"])(
  "a call that died after %s is finished by the sweep, once",
  async (call) => {
    const { buyer, name } = await lastUnits();
    shop.wire.after.set(call, away);
    expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
    shop.wire.clear();
    expect(await buyer.state()).toBe("PENDING_PAYMENT");
    expect(await outcomeOf(buyer.cancel())).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
    shop.advance(61_000);
    await Promise.all([shop.sweep(), shop.sweep()]);
    expect(await buyer.holdings()).toEqual({ ...paid, goods: ["COMMITTED"] });
    expect(shop.inventory.onHand.get(name)).toBe(0);
    expect(shop.jobs).toHaveLength(1);
  },
);

test.each(["inventory.commit", "payments.capture"])(
  "%s that fails until the hold is long over is tried until it works",
  async (call) => {
    const { buyer } = await lastUnits();
    shop.wire.before.set(call, away);
    expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
    shop.advance(holds.unpaidMs + 61_000);
    await shop.sweep();
    expect(await buyer.state()).toBe("PENDING_PAYMENT");
    shop.wire.clear();
    shop.advance(300_000);
    await shop.sweep();
    expect(await buyer.holdings()).toMatchObject(paid);
  },
);

test("an attempt whose payment was never started is failed by the sweep, and the order payable", async () => {
  const buyer = await shop.ready();
  shop.wire.before.set("payments.create", away);
  expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  expect((await buyer.confirm()).payment?.state).toBe(OrderPayment_State.PROCESSING);
  expect((await buyer.settle()).payment?.state).toBe(OrderPayment_State.PROCESSING);
  shop.advance(61_000);
  await shop.sweep();
  expect((await buyer.get()).payment).toMatchObject({
    state: OrderPayment_State.FAILED,
    method: "card",
    declineCode: "not_started",
  });
  expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: { decline_code: "not_started" },
  });
  await buyer.pay("pm_card_visa", "k2");
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["COMMITTED"] });
});

test("a payment that began after its attempt was given up for dead is freed by the next one", async () => {
  const buyer = await shop.ready();
  let late = "";
  shop.wire.before.set("payments.create", (id) => {
    late = id;
    return away(id);
  });
  expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  shop.advance(61_000);
  await shop.sweep();
  const amount = { currencyCode: "USD", amount: 2500n };
  const method = { case: "card", value: { paymentMethod: "pm_card_visa" } } as const;
  await shop.payments.client.createPayment({ paymentId: late, orderId: buyer.orderId, amount, method });
  await buyer.pay("pm_card_visa", "k2");
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["COMMITTED"] });
  expect(shop.payments.of(buyer.orderId)).toHaveLength(2);
});

test("a payment that begins late goes on when its order still waits", async () => {
  const buyer = await shop.ready();
  shop.wire.before.set("payments.create", async () => {
    shop.advance(61_000);
    await shop.sweep();
  });
  expect((await buyer.pay()).state).toBe(Order_State.PAID);
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["COMMITTED"] });
});

test.each([
  ["before the commit", "inventory.commit"],
  ["before the money is taken", "payments.capture"],
])("an order that ends under a late payment (%s) keeps neither goods nor money", async (_when, call) => {
  const { buyer, name } = await lastUnits();
  // The sweep takes the attempt for dead, and the buyer cancels; then the call wakes up.
  shop.wire.before.set("payments.create", async () => {
    shop.advance(61_000);
    await shop.sweep();
  });
  shop.wire.before.set(call, async () => {
    shop.wire.before.clear();
    await buyer.cancel();
  });
  const [outcome] = await Promise.allSettled([buyer.pay()]);
  await shop.work();
  const holdings = await buyer.holdings();
  expect(holdings).toMatchObject(madeWhole);
  for (const goods of holdings.goods) expect(["RELEASED", "RESTOCKED"]).toContain(goods);
  expect(shop.inventory.onHand.get(name)).toBe(2);
  expect(outcome?.status === "rejected" ? reasonOf(outcome.reason) : "CANCELED").toMatch(
    /HOLD_EXPIRED|PAYMENT_NOT_CAPTURED|CANCELED/,
  );
  expect(shop.jobs).toEqual([]);
});

test("money captured for an order that is no longer its own goes back at once", async () => {
  const { buyer } = await lastUnits();
  const { id } = (await buyer.pay("pm_3ds")).payment ?? { id: "" };
  // The buyer's bank says yes, and the provider takes the money on its own, after the order was canceled.
  shop.wire.before.set("payments.cancel", away);
  await buyer.cancel();
  shop.payments.set(id, "CAPTURED");
  shop.wire.clear();
  expect((await buyer.settle()).state).toBe(Order_State.CANCELED);
  expect(await buyer.holdings()).toMatchObject(madeWhole);
  await shop.work();
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.REFUNDED);
});

test("an answer about the payment that is old by now changes nothing in a paid order", async () => {
  const buyer = await shop.ready();
  const asked = await buyer.pay("pm_3ds");
  const id = asked.payment?.id ?? "";
  const old = shop.payments.of(buyer.orderId)[0];
  let wake = () => {};
  const slow = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const { refreshPayment } = shop.deps.payments;
  shop.deps.payments.refreshPayment = async () => {
    await slow;
    if (old === undefined) throw refuse("PAYMENT_NOT_FOUND", {});
    return old;
  };
  const late = buyer.confirm();
  shop.deps.payments.refreshPayment = refreshPayment;
  shop.payments.set(id, "AUTHORIZED");
  await buyer.confirm();
  wake();
  await late;
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.CAPTURED);
  expect(await buyer.state()).toBe("PAID");
});
