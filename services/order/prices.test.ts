import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, buyerOf, contact, holds, TestOrders, tokenOf } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const usd = (cents: number) => money("USD", BigInt(cents));
const releases = (orderId: string) =>
  shop.wire.calls.filter((call) => call === `promotions.release ${orderId}`).length;
const saving = () => ({ code: "SAVE", percent: 10 });

test("discounts, taxes and totals of an order, with its shipping, add up", async () => {
  shop.promotions.offers.push(saving(), { code: "", percent: 20, freeShipping: true });
  shop.taxes.rates.push(
    { name: "VAT", percent: 19, included: true, category: "books" },
    { name: "Levy", percent: 1, included: false, category: "books" },
    { name: "Freight tax", percent: 8, included: false, category: "shipping" },
  );
  const buyer = await shop.ready({
    coupons: ["SAVE"],
    lines: { BOOK: { quantity: 3, cents: 999, category: "books" }, CAP: { quantity: 1, cents: 500 } },
  });
  const vat = { name: "VAT", rateMillionths: 190_000, included: true };
  const save = { promotionId: "prm_SAVE", title: "Off SAVE", code: "SAVE" };
  const automatic = { promotionId: "prm_", title: "Off ", code: "" };
  const placed = await buyer.get();
  expect(placed).toMatchObject({
    lines: [
      {
        sku: "BOOK",
        total: usd(2997),
        // 2997 − 299 = 2698; − 539 = 2159
        discounts: [
          { ...save, amount: usd(299) },
          { ...automatic, amount: usd(539) },
        ],
        discountedTotal: usd(2159),
        taxes: [
          { ...vat, amount: usd(345) },
          { name: "Levy", rateMillionths: 10_000, included: false, amount: usd(22) },
        ],
      },
      // 500 − 50 − 90
      { sku: "CAP", total: usd(500), discountedTotal: usd(360), taxes: [] },
    ],
    itemTotal: usd(3497),
    itemDiscount: usd(978),
    shippingTotal: usd(500),
    shippingDiscounts: [{ ...automatic, amount: usd(500) }],
    shippingDiscount: usd(500),
    shippingTaxes: [{ name: "Freight tax", included: false, amount: usd(0) }],
    taxTotal: usd(367),
    includedTaxTotal: usd(345),
    total: usd(3497 - 978 + 22),
  });
  expect(shop.promotions.redemptions.get(buyer.orderId)).toMatchObject({
    promotions: [{ code: "SAVE" }, { code: "" }],
    customerKey: contact.email,
  });
  await buyer.pay();
  expect(await buyer.holdings()).toMatchObject({ state: "PAID", taken: 2541n });
  expect((await buyer.get()).lines).toEqual(placed.lines);
});

test("the answer of PlaceOrder says the same as GetOrder", async () => {
  shop.promotions.offers.push(saving());
  shop.taxes.rates.push({ name: "VAT", percent: 7, included: false });
  const cartId = shop.cart({ coupons: ["SAVE"] });
  const order = await shop.place(cartId);
  expect(order).toMatchObject({ total: usd(1926), shippingTotal: usd(0), shippingTaxes: [] });
  expect(await shop.client.getOrder({ orderId: order.id }, buyerOf(cartId))).toEqual(order);
});

test.each<[string, { owner?: string; contact?: typeof contact }, string]>([
  ["an account by its id", { owner: "cus_1" }, "cus_1"],
  ["a guest by the address", {}, contact.email],
])("%s is who redeems", async (_who, fields, key) => {
  shop.promotions.offers.push(saving());
  const cartId = shop.cart({ coupons: ["SAVE"], ...fields });
  const { id } = await shop.client.placeOrder({ cartId }, as.staff);
  expect(shop.promotions.redemptions.get(id)?.customerKey).toBe(key);
});

test("a guest who says no address is known by the token", async () => {
  shop.promotions.offers.push(saving());
  const cartId = shop.cart({ coupons: ["SAVE"] });
  delete shop.carts.carts.get(cartId)?.contact;
  const { id } = await shop.client.placeOrder({ cartId, pickUp: true }, as.service("gateway"));
  expect(shop.promotions.redemptions.get(id)?.customerKey).toBe(sha256Hex(tokenOf(cartId)));
});

test("what is fetched and has no address has no taxes", async () => {
  shop.taxes.rates.push({ name: "VAT", percent: 7, included: false });
  const cartId = shop.cart();
  delete shop.carts.carts.get(cartId)?.shippingAddress;
  const order = await shop.client.placeOrder({ cartId, pickUp: true }, as.service("gateway"));
  expect(order).toMatchObject({ total: usd(2000), taxTotal: usd(0) });
});

test("the expected total is that before discounts", async () => {
  shop.promotions.offers.push(saving());
  const order = await shop.place(shop.cart({ coupons: ["SAVE"] }), { expectedItemTotal: usd(2000) });
  expect(order).toMatchObject({ itemTotal: usd(2000), total: usd(1800) });
});

test("another shipping method has other discounts and taxes; the lines stay", async () => {
  shop.promotions.offers.push({ ...saving(), freeShipping: true });
  shop.taxes.rates.push({ name: "VAT", percent: 10, included: false });
  const buyer = await shop.ready({ coupons: ["SAVE"] });
  const { lines } = await buyer.get();
  // Ended, and dearer, since: what was redeemed counts no more for shipping, and the taxes are those of now.
  shop.promotions.offers.length = 0;
  shop.promotions.offers.push({ code: "", percent: 50, freeShipping: true });
  shop.taxes.rates[0]!.percent = 20;
  const order = await buyer.choose("rate_1");
  expect(order).toMatchObject({
    shippingTotal: usd(1200),
    shippingDiscount: usd(0),
    shippingTaxes: [{ amount: usd(240) }],
    itemDiscount: usd(200),
    taxTotal: usd(180 + 240),
    total: usd(1800 + 180 + 1200 + 240),
  });
  expect(order.lines).toEqual(lines);
});

test("the order's own redemption does not count against it when shipping is chosen", async () => {
  shop.promotions.offers.push({ ...saving(), freeShipping: true, limit: 1 });
  const buyer = await shop.ready({ coupons: ["SAVE"] });
  expect(await buyer.get()).toMatchObject({ shippingDiscount: usd(500), total: usd(1800) });
});

test("an order that costs nothing is paid without a payment, and its goods are committed", async () => {
  shop.promotions.offers.push({ code: "GIFT", percent: 100, freeShipping: true });
  shop.taxes.rates.push({ name: "VAT", percent: 19, included: true });
  const buyer = await shop.ready({ coupons: ["GIFT"] });
  const paid = await buyer.pay("pm_declined", "k");
  expect(paid).toMatchObject({ state: Order_State.PAID, total: usd(0) });
  expect(paid.payment).toBeUndefined();
  expect(await buyer.pay("pm_declined", "k")).toEqual(paid);
  expect(shop.inventory.statesOf(buyer.orderId)).toEqual(["COMMITTED"]);
  expect(shop.payments.of(buyer.orderId)).toEqual([]);
  await shop.work();
  expect(await buyer.state()).toBe("FULFILLED");
});

test("what a cart without promotions does not need is not asked for", async () => {
  await shop.ready();
  const asked = shop.wire.calls.map((call) => call.split(" ")[0]);
  expect(asked.filter((call) => call?.startsWith("promotions."))).toEqual(["promotions.evaluate"]);
});

test("a promotion that others use up in between gives nothing", async () => {
  shop.promotions.offers.push({ ...saving(), limit: 1 }, { code: "", percent: 5 });
  const cartId = shop.cart({ coupons: ["SAVE"] });
  shop.wire.before.set("promotions.redeem", async () => {
    shop.wire.before.clear();
    await shop.place(shop.cart({ coupons: ["SAVE"] }));
  });
  const order = await shop.place(cartId);
  expect(order).toMatchObject({ itemDiscount: usd(100), total: usd(1900) });
  expect(shop.promotions.redemptions.get(order.id)?.promotions).toMatchObject([{ code: "" }]);
});

test("when others are quicker again and again, the order is refused and the cart open", async () => {
  shop.promotions.offers.push(saving());
  const cartId = shop.cart({ coupons: ["SAVE"] });
  shop.wire.before.set("promotions.redeem", () => {
    throw refuse("LIMIT_REACHED", { promotion_id: "prm_SAVE", code: "SAVE" });
  });
  expect(await outcomeOf(shop.place(cartId))).toMatchObject({
    reason: "PROMOTION_EXHAUSTED",
    metadata: { promotion_id: "prm_SAVE", code: "SAVE" },
  });
  expect(shop.wire.calls.filter((call) => call.startsWith("promotions.redeem"))).toHaveLength(3);
  expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
  expect([...shop.inventory.reservations.values()].at(-1)?.state).toBe("RELEASED");
  shop.wire.clear();
  expect(await shop.place(cartId)).toMatchObject({ total: usd(1800) });
});

test.each([
  ["the rates", "shipping.create"],
  ["the answer of Redeem", "promotions.redeem"],
])("without %s what was redeemed goes back, also when the undo dies", async (_what, step) => {
  shop.promotions.offers.push({ ...saving(), limit: 1 });
  const cartId = shop.cart({ coupons: ["SAVE"] });
  shop.wire.after.set(step, away);
  shop.wire.before.set("promotions.release", away);
  expect(await outcomeOf(shop.place(cartId))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  expect(shop.promotions.used("SAVE")).toBe(1);
  shop.wire.clear();
  await shop.work();
  expect(shop.promotions.used("SAVE")).toBe(0);
  expect(shop.carts.carts.get(cartId)?.state).toBe("OPEN");
  expect(await shop.place(cartId)).toMatchObject({ total: usd(1800) });
});

test.each<[string, (buyer: Buyer) => Promise<unknown>]>([
  ["canceled", (buyer) => buyer.cancel()],
  [
    "paid and canceled",
    async (buyer) => {
      await buyer.pay();
      await buyer.cancel();
    },
  ],
  [
    "expired",
    async () => {
      shop.advance(holds.unpaidMs + 1);
      await shop.sweep();
    },
  ],
  [
    "rejected",
    async (buyer) => {
      await buyer.transfer();
      shop.payments.set(await buyer.paymentId(), "FAILED");
      await buyer.settle();
    },
  ],
  [
    "refunded",
    async (buyer) => {
      await buyer.pay();
      shop.payments.set(await buyer.paymentId(), "REFUNDED");
      await buyer.settle();
    },
  ],
])("an order that was %s gives its code back", async (_how, end) => {
  await shop.drain();
  shop.promotions.offers.push({ ...saving(), limit: 1 });
  const buyer = await shop.ready({ coupons: ["SAVE"] });
  expect(shop.promotions.used("SAVE")).toBe(1);
  await end(buyer);
  await shop.work();
  expect(shop.promotions.used("SAVE")).toBe(0);
  expect(await shop.place(shop.cart({ coupons: ["SAVE"] }))).toMatchObject({ total: usd(1800) });
});

test("an order that used no promotion releases none", async () => {
  const buyer = await shop.ready();
  await buyer.cancel();
  await shop.work();
  expect(releases(buyer.orderId)).toBe(0);
});

test("an order that late money revives keeps its prices, though its code counts no more", async () => {
  shop.promotions.offers.push({ ...saving(), limit: 1 });
  const buyer = await shop.ready({ coupons: ["SAVE"] });
  await buyer.transfer();
  shop.advance(holds.transferMs + holds.transferSlackMs + 1);
  await shop.sweep();
  expect(shop.promotions.used("SAVE")).toBe(0);
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  await buyer.settle();
  await shop.work();
  expect(await buyer.get()).toMatchObject({ state: Order_State.FULFILLED, total: usd(2300) });
  expect(shop.promotions.used("SAVE")).toBe(0);
});

test("20 buyers at once with a code for 5: five have it, and pay less; the others pay the price", async () => {
  shop.promotions.offers.push({ ...saving(), limit: 5 });
  const carts = Array.from({ length: 20 }, () => shop.cart({ coupons: ["SAVE"] }));
  const orders = await Promise.all(carts.map((cartId) => shop.place(cartId)));
  const totals = orders.map(({ total }) => total?.amount);
  expect(totals.filter((amount) => amount === 1800n)).toHaveLength(5);
  expect(totals.filter((amount) => amount === 2000n)).toHaveLength(15);
  expect(shop.promotions.used("SAVE")).toBe(5);
});

test("prices that do not fit together are not stored", async () => {
  const buyer = await shop.ready();
  const set = (change: ReturnType<typeof sql>) =>
    shop.db.execute(sql`update orders set ${change} where id = ${buyer.orderId}`);
  await expect(set(sql`item_discount = item_total + 1`)).rejects.toThrow("orders_prices");
  await expect(set(sql`shipping_discount = shipping_total + 1`)).rejects.toThrow("orders_prices");
  await expect(set(sql`included_tax_total = tax_total + 1`)).rejects.toThrow("orders_prices");
});
