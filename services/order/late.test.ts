import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
let sku = 0;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const revived = { state: "PAID", goods: ["RELEASED", "COMMITTED"], taken: 2500n, open: false };

/** An order for the last two units of a SKU of its own. */
async function lastUnits(): Promise<{ buyer: Buyer; name: string }> {
  const name = `LATE-${++sku}`;
  shop.inventory.onHand.set(name, 2);
  return { buyer: await shop.ready({ lines: { [name]: { quantity: 2, cents: 1000 } } }), name };
}

async function expire(): Promise<void> {
  shop.advance(holds.transferMs + holds.transferSlackMs + 60_000);
  await shop.sweep();
}

/** How an order with a transfer ends without its money, and what its state is then. */
const ends: [string, string, (buyer: Buyer) => Promise<unknown>][] = [
  ["expired", "EXPIRED", expire],
  ["was canceled", "CANCELED", (buyer) => buyer.cancel()],
  [
    "was rejected",
    "CANCELED",
    async (buyer) => {
      shop.payments.set(await buyer.paymentId(), "FAILED", { declineMessage: "no money came" });
      await buyer.settle();
    },
  ],
];

/** An order that ended without its money, for the last units. */
async function ended(end: (buyer: Buyer) => Promise<unknown>) {
  const { buyer, name } = await lastUnits();
  await buyer.transfer();
  shop.jobs.length = 0;
  await end(buyer);
  return { buyer, name, paymentId: await buyer.paymentId() };
}

test.each(ends)(
  "a transfer that comes after its order %s pays it when the goods are there",
  async (_, state, end) => {
    const { buyer, name, paymentId } = await ended(end);
    expect(await buyer.holdings()).toEqual({ state, goods: ["RELEASED"], taken: 0n, open: false });
    shop.payments.set(paymentId, "CAPTURED");
    expect(await buyer.settle()).toMatchObject({
      state: Order_State.PAID,
      cancelReason: "",
      payment: { state: OrderPayment_State.CAPTURED },
    });
    expect(await buyer.holdings()).toEqual(revived);
    expect(shop.inventory.onHand.get(name)).toBe(0);
    expect((await buyer.events()).slice(-2)).toEqual(["reviving", "paid"]);
    // The undo of its end comes late, and leaves everything as it is.
    await shop.work();
    expect(await buyer.holdings()).toEqual({ ...revived, state: "FULFILLED" });
    expect(shop.notify.toldOf(buyer.orderId)).toContain("FULFILLED");
  },
);

test.each(ends)(
  "a transfer that comes after its order %s goes back when the goods are gone",
  async (_, state, end) => {
    const { buyer, name, paymentId } = await ended(end);
    await shop.work();
    await shop.ready({ lines: { [name]: { quantity: 1, cents: 1 } } });
    shop.payments.set(paymentId, "CAPTURED");
    for (let time = 0; time < 2; time++) {
      expect((await buyer.settle()).payment?.state).toBe(OrderPayment_State.REFUNDED);
    }
    expect(await buyer.holdings()).toEqual({ state, goods: ["RELEASED"], taken: 0n, open: false });
    expect((await buyer.events()).slice(-3)).toEqual(["reviving", "returning", "refunded"]);
    await shop.work();
    expect(shop.notify.toldOf(buyer.orderId)).toEqual([state, "REFUNDED"]);
    expect(shop.notify.told.get(`${buyer.orderId}:refunded:${paymentId}`)).toBe("REFUNDED");
    // Goods that come back do not revive what was given up.
    shop.inventory.onHand.set(name, 100);
    await buyer.settle();
    expect(await buyer.state()).toBe(state);
  },
);

test("a card that was authorized when its order had expired pays it, or is freed", async () => {
  for (const there of [true, false]) {
    const { buyer, name } = await lastUnits();
    const { payment } = await buyer.pay("pm_3ds");
    shop.wire.before.set("payments.cancel", away);
    shop.advance(holds.unpaidMs * 4);
    await shop.sweep();
    shop.wire.clear();
    if (!there) await shop.ready({ lines: { [name]: { quantity: 1, cents: 1 } } });
    shop.payments.set(payment?.id ?? "", "AUTHORIZED");
    await buyer.settle();
    expect(await buyer.holdings()).toEqual(
      there ? revived : { state: "EXPIRED", goods: ["RELEASED"], taken: 0n, open: false },
    );
    await shop.work();
    expect(shop.notify.toldOf(buyer.orderId)).toEqual([there ? "FULFILLED" : "EXPIRED"]);
    shop.reset();
  }
});

test("a card that was authorized when its order had been canceled is freed", async () => {
  const { buyer } = await lastUnits();
  const { payment } = await buyer.pay("pm_3ds");
  shop.wire.before.set("payments.cancel", away);
  await buyer.cancel();
  shop.wire.clear();
  shop.payments.set(payment?.id ?? "", "AUTHORIZED");
  await buyer.settle();
  expect(await buyer.holdings()).toEqual({ state: "CANCELED", goods: ["RELEASED"], taken: 0n, open: false });
});

test("money that its canceled order had taken before revives nothing", async () => {
  const { buyer } = await lastUnits();
  await buyer.transfer();
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  await buyer.settle();
  shop.wire.before.set("payments.refund", away);
  await buyer.cancel();
  shop.wire.clear();
  await buyer.settle();
  expect(await buyer.holdings()).toEqual({ state: "CANCELED", goods: ["RESTOCKED"], taken: 0n, open: false });
});

test("a transfer of an attempt that another took the place of goes back, once, and the customer is told", async () => {
  const { buyer } = await lastUnits();
  const first = (await buyer.transfer()).payment?.id ?? "";
  await buyer.pay();
  shop.payments.set(first, "CAPTURED");
  await Promise.all([buyer.settle(), buyer.settle(), buyer.settle()]);
  expect(await buyer.holdings()).toEqual({ state: "PAID", goods: ["COMMITTED"], taken: 2500n, open: false });
  expect((await buyer.events()).slice(-2)).toEqual(["late_payment", "refunded"]);
  await shop.work();
  expect(shop.notify.told.get(`${buyer.orderId}:refunded:${first}`)).toBe("REFUNDED");
});

/** After which call the reviving process dies. */
test.each(["inventory.reserve", "inventory.commit", "payments.capture"])(
  "a revival that died after %s is finished by the sweep, once",
  async (call) => {
    const { buyer, name } = await lastUnits();
    const { payment } = await buyer.pay("pm_3ds");
    shop.wire.before.set("payments.cancel", away);
    shop.advance(holds.unpaidMs * 4);
    await shop.sweep();
    shop.wire.clear();
    shop.payments.set(payment?.id ?? "", "AUTHORIZED");
    shop.wire.after.set(call, away);
    await expect(buyer.settle()).rejects.toThrow("silence");
    shop.wire.clear();
    expect(await buyer.state()).toBe("EXPIRED");
    shop.advance(61_000);
    shop.inventory.expireDue();
    await Promise.all([shop.sweep(), shop.sweep(), shop.work()]);
    const { goods, ...holdings } = await buyer.holdings();
    expect(["PAID", "FULFILLED"]).toContain(holdings.state);
    expect({ ...holdings, goods: goods.filter((state) => state === "COMMITTED") }).toMatchObject({
      goods: ["COMMITTED"],
      taken: 2500n,
      open: false,
    });
    expect(shop.inventory.onHand.get(name)).toBe(0);
    await shop.work();
    expect(await buyer.state()).toBe("FULFILLED");
  },
);

test("a return that died before the refund is finished by its job", async () => {
  const { buyer, name, paymentId } = await ended(expire);
  await shop.ready({ lines: { [name]: { quantity: 2, cents: 1 } } });
  shop.payments.set(paymentId, "CAPTURED");
  shop.wire.before.set("payments.refund", away);
  await expect(buyer.settle()).rejects.toThrow("silence");
  shop.wire.clear();
  await shop.work();
  expect(await buyer.holdings()).toEqual({ state: "EXPIRED", goods: ["RELEASED"], taken: 0n, open: false });
  expect(shop.notify.toldOf(buyer.orderId)).toContain("REFUNDED");
});

/** Whatever was first: goods and money, or neither. */
async function expectWhole({ buyer, name }: { buyer: Buyer; name: string }): Promise<string> {
  await shop.work();
  const { state, goods, taken, open } = await buyer.holdings();
  const committed = goods.filter((each) => each === "COMMITTED").length;
  const kept = state === "PAID" || state === "FULFILLED";
  expect([state, committed, taken, open]).toEqual([state, kept ? 1 : 0, kept ? 2500n : 0n, false]);
  expect(shop.inventory.onHand.get(name)).toBe(kept ? 0 : 2);
  expect(goods).not.toContain("HELD");
  return state;
}

test.each<[string, (buyer: Buyer) => Promise<unknown>[]]>([
  ["expiry against confirmation", (buyer) => [expire(), buyer.settle()]],
  ["cancel against webhook", (buyer) => [buyer.cancel(), buyer.settle()]],
  ["two settles", (buyer) => [buyer.settle(), buyer.settle(), buyer.settle()]],
  ["sweep against settle", (buyer) => [shop.sweep(), buyer.settle(), shop.sweep(), shop.work()]],
])("%s: never money without goods, never goods twice", async (_what, race) => {
  for (let round = 0; round < 10; round++) {
    const { buyer, name } = await lastUnits();
    await buyer.transfer();
    if (round % 2 === 1) await expire();
    // Each call of a neighbour takes a different number of turns each round.
    let turn = round;
    const pause = async () => {
      for (let i = (turn++ * 7) % 5; i > 0; i--) await new Promise(setImmediate);
    };
    for (const call of ["inventory.release", "inventory.reserve", "inventory.commit", "payments.refresh"]) {
      shop.wire.before.set(call, pause);
    }
    shop.payments.set(await buyer.paymentId(), "CAPTURED");
    await Promise.allSettled(race(buyer));
    shop.wire.clear();
    await expectWhole({ buyer, name });
    expect(shop.jobs).toEqual([]);
    shop.reset();
  }
});

test("one who finds the goods gone and one who finds them there: one decision for both", async () => {
  const ends = new Set<string>();
  for (const wakeFirst of ["reserve", "commit"] as const) {
    const { buyer, name, paymentId } = await ended(expire);
    await shop.work();
    shop.payments.set(paymentId, "CAPTURED");
    const rival = await shop.ready({ lines: { [name]: { quantity: 2, cents: 1 } } });
    // The second settles while the first is about to reserve or to commit, after the rival let go of the goods.
    shop.wire.before.set(`inventory.${wakeFirst}`, async () => {
      shop.wire.before.clear();
      await buyer.settle();
      await rival.cancel();
    });
    if (wakeFirst === "commit") await rival.cancel();
    await Promise.allSettled([buyer.settle()]);
    shop.wire.clear();
    ends.add(await expectWhole({ buyer, name }));
    shop.reset();
  }
  expect(ends).toEqual(new Set(["EXPIRED", "FULFILLED"]));
});

test("an undo that read the order before its revival gives nothing of it back", async () => {
  const { buyer, name } = await lastUnits();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  // The job's own release is slow; meanwhile the money comes and pays the order.
  await shop.db.execute(sql`update orders set state = 'EXPIRED' where id = ${buyer.orderId}`);
  shop.wire.before.set("inventory.release", async () => {
    shop.wire.before.clear();
    shop.payments.set(paymentId, "CAPTURED");
    await buyer.settle();
  });
  await shop.run({ queue: "order.undo", data: { orderId: buyer.orderId } });
  expect(await buyer.holdings()).toEqual(revived);
  expect(await expectWhole({ buyer, name })).toBe("FULFILLED");
});

test("an order that was revived and then canceled tells of its second end, too", async () => {
  const { buyer, paymentId } = await ended((each) => each.cancel());
  await shop.work();
  shop.payments.set(paymentId, "CAPTURED");
  await buyer.settle();
  shop.jobs.length = 0;
  await buyer.cancel();
  await shop.work();
  const told = [...shop.notify.told.keys()].filter((key) => key.startsWith(`${buyer.orderId}:canceled`));
  expect(told).toEqual([`${buyer.orderId}:canceled`, `${buyer.orderId}:canceled:again`]);
  expect(await buyer.holdings()).toMatchObject({ state: "CANCELED", taken: 0n, open: false });
});
