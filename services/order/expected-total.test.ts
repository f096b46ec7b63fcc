import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { buyerOf, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const usd = (cents: number) => money("USD", BigInt(cents));
const saving = (limit?: number) => ({ code: "SAVE", percent: 10, ...(limit !== undefined && { limit }) });
const statesOfHolds = () => [...shop.inventory.reservations.values()].map(({ state }) => state);

test("the total that the buyer saw, discounts and taxes in it, is the order's", async () => {
  shop.promotions.offers.push(saving());
  shop.taxes.rates.push(
    { name: "Sales tax", percent: 5, included: false },
    { name: "VAT", percent: 7, included: true },
  );
  const order = await shop.place(shop.cart({ coupons: ["SAVE"] }), { expectedTotal: usd(1890) });
  expect(order).toMatchObject({ total: usd(1890), refusedCodes: [] });
});

/** What the buyer of two mugs for 20.00 expects, what it comes to, and what is said of it. */
test.each([
  [
    "a code is used up",
    { offers: [saving(0)], expected: usd(1800), actual: 2000, why: "LIMIT_REACHED SAVE" },
  ],
  ["a code is gone", { expected: usd(1800), actual: 2000, why: "COUPON_NOT_FOUND SAVE" }],
  [
    "a code gives less",
    { offers: [{ code: "SAVE", percent: 5 }], expected: usd(1800), actual: 1900, why: "UNKNOWN" },
  ],
  ["a tax is new", { tax: 8, coupons: [], expected: usd(2000), actual: 2160, why: "UNKNOWN" }],
  [
    "a price is another",
    { repriced: true, coupons: [], expected: usd(1900), actual: 2000, why: "PRICE_CHANGED MUG" },
  ],
  [
    "the price and the code are others",
    { repriced: true, expected: usd(1), actual: 2000, why: "COUPON_NOT_FOUND SAVE; PRICE_CHANGED MUG" },
  ],
  [
    "the currency is another",
    { coupons: [], expected: money("EUR", 2000n), actual: 2000, why: "CURRENCY EUR" },
  ],
])("ORDER_TOTAL_CHANGED when %s, and nothing is changed", async (_what, given) => {
  const {
    offers = [],
    tax,
    repriced = false,
    coupons = ["SAVE"],
    expected,
    actual,
    why,
  } = { ...unset, ...given };
  shop.promotions.offers.push(...offers);
  if (tax !== undefined) shop.taxes.rates.push({ name: "Tax", percent: tax, included: false });
  const cartId = shop.cart({ coupons, lines: { MUG: { quantity: 2, cents: 1000, repriced } } });
  shop.inventory.reservations.clear();
  expect(await outcomeOf(shop.place(cartId, { expectedTotal: expected, requestId: "k" }))).toMatchObject({
    reason: "ORDER_TOTAL_CHANGED",
    metadata: {
      expected: String(expected.amount),
      actual: String(actual),
      currency_code: "USD",
      notices: why,
    },
  });
  expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
  expect(statesOfHolds()).toEqual(["RELEASED"]);
  expect(shop.wire.calls.filter((call) => call.startsWith("promotions.redeem"))).toEqual([]);
  // Who agrees to what it is has the order, under the same key.
  const agreed = await shop.place(cartId, { expectedTotal: usd(actual), requestId: "k" });
  expect(agreed.total).toEqual(usd(actual));
});

const unset: {
  offers?: { code: string; percent: number; limit?: number }[];
  tax?: number;
  repriced?: boolean;
  coupons?: string[];
} = {};

test("a code that is used up between the evaluation and the redemption refuses what expected it", async () => {
  shop.promotions.offers.push(saving(1));
  const cartId = shop.cart({ coupons: ["SAVE"] });
  shop.wire.before.set("promotions.redeem", async () => {
    shop.wire.before.clear();
    await shop.place(shop.cart({ coupons: ["SAVE"] }));
  });
  expect(await outcomeOf(shop.place(cartId, { expectedTotal: usd(1800) }))).toMatchObject({
    reason: "ORDER_TOTAL_CHANGED",
    metadata: { actual: "2000", notices: "LIMIT_REACHED SAVE" },
  });
  expect(shop.promotions.used("SAVE")).toBe(1);
  expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
});

test("without an expectation the order says which codes gave nothing, and why, also later", async () => {
  shop.promotions.offers.push(saving(0));
  const cartId = shop.cart({ coupons: ["SAVE", "LOST"] });
  const order = await shop.place(cartId, { requestId: "k" });
  const refusedCodes = [
    { code: "SAVE", reason: "LIMIT_REACHED" },
    { code: "LOST", reason: "COUPON_NOT_FOUND" },
  ];
  expect(order).toMatchObject({ total: usd(2000), refusedCodes });
  expect(await shop.client.getOrder({ orderId: order.id }, buyerOf(cartId))).toEqual(order);
});

test("ten buyers at once who expect a code for five: five orders, five refusals, five units held", async () => {
  shop.promotions.offers.push(saving(5));
  shop.inventory.onHand.set("LAST", 10);
  const lines = { LAST: { quantity: 1, cents: 1000 } };
  const carts = Array.from({ length: 10 }, () => shop.cart({ coupons: ["SAVE"], lines }));
  const outcomes = await Promise.allSettled(
    carts.map((cartId) => shop.place(cartId, { expectedTotal: usd(900) })),
  );
  const made = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const refused = outcomes.flatMap((each) => (each.status === "rejected" ? [errorInfo(each.reason)] : []));
  expect(made.map(({ total }) => total)).toEqual(Array.from({ length: 5 }, () => usd(900)));
  expect(refused).toHaveLength(5);
  for (const each of refused) {
    expect(each).toMatchObject({
      reason: "ORDER_TOTAL_CHANGED",
      metadata: { notices: "LIMIT_REACHED SAVE" },
    });
  }
  expect(shop.promotions.used("SAVE")).toBe(5);
  const held = made.map(({ id }) => shop.inventory.statesOf(id));
  expect(held).toEqual(Array.from({ length: 5 }, () => ["HELD"]));
  // The other five units can be had.
  await shop.place(shop.cart({ lines: { LAST: { quantity: 5, cents: 1000 } } }));
});
