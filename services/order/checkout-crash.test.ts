import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sql, sql } from "../../lib/db/index.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { claimCheckouts, dropCheckout } from "./store-checkout.ts";
import { address, type Buyer, buyerOf, holds, TestOrders } from "./testing/shop.ts";

/** Longer than a checkout's lease. */
const leaseMs = 61_000;

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

/** Places the order in a process that dies right after a call's effect: the call never comes back. */
async function dieAfter(call: string, cartId: string, more: Parameters<TestOrders["place"]>[1] = {}) {
  const died = new Promise<void>((resolve) => {
    shop.wire.after.set(call, () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
  const deadline = { ...buyerOf(cartId), timeoutMs: 600_000 };
  void shop.client
    .placeOrder({ cartId, requestId: "k", ...(more as object) }, deadline)
    .catch(() => undefined);
  await died;
  shop.wire.clear();
}
const claimed = async (cartId: string) => {
  const rows = await shop.db.query<{ id: string }>(sql`
    select order_id as id from checkout where cart_id = ${cartId}`);
  return rows[0]?.id ?? "";
};

const steps = [
  "carts.freeze",
  "inventory.reserve",
  "promotions.evaluate",
  "promotions.redeem",
  "taxes.calculate",
  "shipping.create",
];
const saving = { coupons: ["SAVE"] };
const sell = () => shop.promotions.offers.push({ code: "SAVE", percent: 10, limit: 1 });

test.each(steps)("a call that died after %s is gone on with, under the same id", async (step) => {
  sell();
  const cartId = shop.cart(saving);
  await dieAfter(step, cartId);
  const id = await claimed(cartId);
  shop.advance(leaseMs);
  const order = await shop.place(cartId, { requestId: "k" });
  expect(order.id).toBe(id);
  expect(shop.inventory.statesOf(id)).toEqual(["HELD"]);
  expect(shop.carts.carts.get(cartId)).toMatchObject({ state: "ORDERED", orderId: id });
  expect(order.total?.amount).toBe(1800n);
  expect(shop.promotions.used("SAVE")).toBe(1);
});

test.each(steps)("what a call that died after %s had redeemed goes back, when none goes on", async (step) => {
  sell();
  const cartId = shop.cart(saving);
  await dieAfter(step, cartId);
  const id = await claimed(cartId);
  shop.advance(leaseMs + holds.unpaidMs);
  shop.inventory.expireDue();
  await Promise.all([shop.sweep(), shop.sweep()]);
  await shop.work();
  expect(shop.promotions.used("SAVE")).toBe(0);
  expect(shop.inventory.statesOf(id)).not.toContain("HELD");
  // A call may have to clear up the rest first.
  const order = await shop.place(cartId).catch(() => shop.place(cartId));
  expect(order).toMatchObject({ total: { amount: 1800n } });
});

test("a sweep leaves a checkout alone whose call still runs, or whose order is written", async () => {
  sell();
  const cartId = shop.cart(saving);
  await dieAfter("promotions.redeem", cartId);
  shop.advance(leaseMs + holds.unpaidMs / 2);
  await shop.sweep();
  expect(shop.promotions.used("SAVE")).toBe(1);
  const order = await shop.place(cartId, { requestId: "k" });
  shop.advance(leaseMs);
  await shop.sweep();
  await shop.work();
  expect(shop.promotions.used("SAVE")).toBe(1);
  expect(await claimed(cartId)).toBe(order.id);
});

test("a call that comes to redeem after its checkout was given up redeems nothing", async () => {
  for (const step of ["promotions.evaluate", "promotions.redeem"]) {
    sell();
    const cartId = shop.cart(saving);
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      shop.wire.before.set(step, () => {
        shop.wire.before.clear();
        resolve();
        return new Promise<void>((go) => {
          wake = go;
        });
      });
    });
    const slow = shop.client.placeOrder({ cartId }, { ...buyerOf(cartId), timeoutMs: 600_000 });
    await asleep;
    // A call of its own took over, and failed.
    shop.advance(leaseMs);
    shop.wire.after.set("shipping.create", () => {
      throw new Error("no carrier");
    });
    await shop.place(cartId).catch(() => undefined);
    shop.wire.clear();
    wake();
    expect(await outcomeOf(slow)).toMatchObject({ reason: "CHECKOUT_IN_PROGRESS" });
    await shop.work();
    expect(shop.promotions.used("SAVE")).toBe(0);
    shop.reset();
  }
});

test("when a promotion has ended since a call died, what it redeemed goes back", async () => {
  sell();
  const cartId = shop.cart(saving);
  await dieAfter("promotions.redeem", cartId);
  const id = await claimed(cartId);
  shop.promotions.offers.length = 0;
  shop.advance(leaseMs);
  expect(await shop.place(cartId, { requestId: "k" })).toMatchObject({ id, total: { amount: 2000n } });
  expect(shop.promotions.used("SAVE")).toBe(0);
});

test("a call that died after the order was written is answered from it", async () => {
  const cartId = shop.cart();
  await dieAfter("carts.complete", cartId);
  // Cart never heard of it.
  Object.assign(shop.carts.carts.get(cartId)!, { state: "OPEN", orderId: "" });
  const order = await shop.place(cartId, { requestId: "k" });
  expect(order.id).toBe(await claimed(cartId));
  expect(shop.carts.carts.get(cartId)).toMatchObject({ state: "ORDERED", orderId: order.id });
});

test.each<[string, (buyer: Buyer) => Promise<unknown>]>([
  ["another call", (buyer) => outcomeOf(shop.place(buyer.cartId, { requestId: "other" }))],
  ["the fulfilment", () => shop.work()],
])("a cart that never heard of its order hears of it by %s", async (_what, heal) => {
  shop.wire.before.set("carts.complete", () => {
    throw new Error("no cart service");
  });
  const buyer = await shop.ready();
  await buyer.pay();
  shop.wire.clear();
  Object.assign(shop.carts.carts.get(buyer.cartId)!, { state: "OPEN", orderId: "" });
  await heal(buyer);
  expect(shop.carts.carts.get(buyer.cartId)).toMatchObject({ state: "ORDERED", orderId: buyer.orderId });
});

test("while the lease of a dead call lasts, the cart is not ordered by another", async () => {
  const cartId = shop.cart();
  await dieAfter("inventory.reserve", cartId);
  const signal = AbortSignal.timeout(300);
  await expect(shop.client.placeOrder({ cartId }, { ...buyerOf(cartId), signal })).rejects.toThrow(
    "deadline",
  );
  const claims = [{ cartId, orderId: "ord_other" }];
  const now = shop.now();
  expect(await claimCheckouts(shop.db, { claims, now, leaseUntil: now })).toEqual([undefined]);
});

test("a call that goes on holds the goods for the whole time again", async () => {
  const cartId = shop.cart();
  await dieAfter("inventory.reserve", cartId);
  shop.advance(10 * leaseMs);
  const before = shop.now().getTime();
  const order = await shop.place(cartId, { requestId: "k" });
  const until = shop.inventory.reservations.get(order.id)?.expireTime.getTime() ?? 0;
  expect(until - before).toBeGreaterThanOrEqual(holds.unpaidMs);
  expect(order.holdExpireTime && timestampMs(order.holdExpireTime)).toBe(until);
});

test.each<[string, (cartId: string) => void]>([
  [
    "the hold has ended",
    () => {
      shop.advance(holds.unpaidMs);
      shop.inventory.expireDue();
    },
  ],
  ["its promotions are others", () => void shop.promotions.offers.push({ code: "", percent: 5 })],
  [
    "the cart has changed",
    (cartId) => Object.assign(shop.carts.carts.get(cartId)!, { lines: { CAP: { quantity: 1, cents: 5 } } }),
  ],
])("when %s since a call died, one call clears up and the next makes the order", async (_what, change) => {
  sell();
  const cartId = shop.cart(saving);
  await dieAfter("promotions.redeem", cartId);
  const id = await claimed(cartId);
  change(cartId);
  shop.advance(leaseMs);
  expect(await outcomeOf(shop.place(cartId, { requestId: "k" }))).toMatchObject({
    reason: "CHECKOUT_IN_PROGRESS",
    metadata: { cart_id: cartId },
  });
  const order = await shop.place(cartId, { requestId: "k" });
  expect(order.id).not.toBe(id);
  expect(shop.inventory.statesOf(id)).not.toContain("HELD");
  expect(shop.inventory.statesOf(order.id)).toEqual(["HELD"]);
  expect(shop.promotions.redemptions.get(id)?.releaseTime).toBeDefined();
});

test("a shipment that a dead call made to another address is left, too", async () => {
  const cartId = shop.cart();
  await dieAfter("shipping.create", cartId);
  shop.advance(leaseMs);
  const elsewhere = { requestId: "k", shippingAddress: { ...address, city: "Oakland" } };
  expect(await outcomeOf(shop.place(cartId, elsewhere))).toMatchObject({ reason: "CHECKOUT_IN_PROGRESS" });
  expect((await shop.place(cartId, elsewhere)).shippingAddress?.city).toBe("Oakland");
});

test("of a call that outlived its lease and the one that took over, one makes the order", async () => {
  for (const step of steps) {
    sell();
    const cartId = shop.cart(saving);
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      shop.wire.after.set(step, () => {
        shop.wire.after.clear();
        resolve();
        return new Promise<void>((go) => {
          wake = go;
        });
      });
    });
    const slow = shop.client.placeOrder({ cartId, requestId: "slow" }, buyerOf(cartId));
    await asleep;
    shop.advance(leaseMs);
    const order = await shop.place(cartId, { requestId: "quick" });
    wake();
    expect(await outcomeOf(slow)).toMatchObject({ reason: "CHECKOUT_IN_PROGRESS" });
    const rows = await shop.db.query(sql`select 1 from orders where cart_id = ${cartId}`);
    expect(rows).toHaveLength(1);
    // The loser has not given away what the winner holds.
    expect(shop.inventory.statesOf(order.id)).toEqual(["HELD"]);
    expect(shop.carts.carts.get(cartId)?.state).toBe("ORDERED");
    // Nor what it redeemed, which only the loser may have.
    expect(shop.promotions.used("SAVE")).toBe(order.total?.amount === 1800n ? 1 : 0);
    shop.reset();
  }
});

test("an order whose writing succeeded while its answer was lost keeps its goods", async () => {
  const cartId = shop.cart();
  const query = shop.db.query.bind(shop.db);
  let writes = 0;
  shop.deps.db.query = async <R extends object>(statement: Sql) => {
    const rows = await query<R>(statement);
    if (statement.text.includes("insert into orders") && writes++ === 0) throw new Error("connection lost");
    return rows;
  };
  await expect(shop.place(cartId, { requestId: "k" })).rejects.toThrow("internal");
  shop.deps.db.query = query;
  const order = await shop.place(cartId, { requestId: "k" });
  expect(shop.inventory.statesOf(order.id)).toEqual(["HELD"]);
});

test("N at once claim a cart's checkout: one has it; after the lease, one of N again", async () => {
  const claim = (round: string) => async (_: unknown, i: number) => {
    const claims = ["x", "y"].map((twin) => ({ cartId: "cart_claim", orderId: `ord_${round}${i}${twin}` }));
    const now = shop.now();
    const leaseUntil = new Date(now.getTime() + 60_000);
    const [one, other] = await claimCheckouts(shop.db, { claims, now, leaseUntil });
    // Of two claims in one statement the first counts.
    expect(other).toBeUndefined();
    return one;
  };
  const first = await Promise.all(Array.from({ length: 20 }, claim("a")));
  const [winner] = first.filter((id) => id !== undefined);
  expect(first.filter((id) => id !== undefined)).toHaveLength(1);
  shop.advance(leaseMs);
  const second = await Promise.all(Array.from({ length: 20 }, claim("b")));
  expect(second.filter((id) => id !== undefined)).toEqual([winner]);
  expect(await dropCheckout(shop.db, { cartId: "cart_claim", orderId: "ord_other" })).toBe(false);
  expect(await dropCheckout(shop.db, { cartId: "cart_claim", orderId: winner ?? "" })).toBe(true);
});
