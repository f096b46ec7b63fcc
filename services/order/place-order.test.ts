import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { address, buyerOf, contact, holds, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const cartState = (cartId: string) => shop.carts.carts.get(cartId)?.state;
const ordersOf = (cartId: string) =>
  shop.db.query<{ id: string }>(sql`select id from orders where cart_id = ${cartId}`);
const checkouts = (cartId: string) => shop.db.query(sql`select 1 from checkout where cart_id = ${cartId}`);

test("an order is made of the cart at its prices, with its goods held and its rates", async () => {
  const cartId = shop.cart({
    lines: { MUG: { quantity: 2, cents: 1000 }, CAP: { quantity: 1, cents: 550 } },
  });
  const order = await shop.place(cartId);
  expect(order).toMatchObject({
    id: expect.stringMatching(/^ord_/),
    cartId,
    state: Order_State.PENDING_PAYMENT,
    currencyCode: "USD",
    lines: [
      {
        sku: "MUG",
        title: "Title of MUG",
        quantity: 2n,
        unitPrice: { amount: 1000n },
        total: { amount: 2000n },
      },
      { sku: "CAP", quantity: 1n, unitPrice: { amount: 550n }, total: { amount: 550n } },
    ],
    contact,
    shippingAddress: address,
    shippingMethods: [
      { id: "rate_0", carrier: "USPS", price: { amount: 500n }, attributes: ["CHEAPEST"] },
      { id: "rate_1", price: { amount: 1200n } },
    ],
    shippingMethodId: "",
    itemTotal: { amount: 2550n },
    shippingTotal: { amount: 0n },
    total: { amount: 2550n },
  });
  expect(order.payment).toBeUndefined();
  expect(shop.inventory.reservations.get(order.id)).toMatchObject({
    state: "HELD",
    lines: { MUG: 2, CAP: 1 },
  });
  expect(cartState(cartId)).toBe("ORDERED");
  expect(await shop.client.getOrder({ orderId: order.id }, buyerOf(cartId))).toEqual(order);
});

test("the order says until when Inventory holds its goods", async () => {
  const order = await shop.place(shop.cart());
  const held = shop.inventory.reservations.get(order.id)?.expireTime;
  expect(order.holdExpireTime && timestampDate(order.holdExpireTime)).toEqual(held);
});

test("the request's contact and address win over the cart's", async () => {
  const other = { ...address, city: "Oakland" };
  const order = await shop.place(shop.cart(), {
    contact: { email: "bob@example.com", phone: "" },
    shippingAddress: other,
  });
  expect(order).toMatchObject({ contact: { email: "bob@example.com" }, shippingAddress: other });
});

test("the same key again is the same answer, also after the order has changed", async () => {
  const cartId = shop.cart();
  const first = await shop.place(cartId, { requestId: "k" });
  await shop.client.setShippingMethod({ orderId: first.id, shippingMethodId: "rate_0" }, buyerOf(cartId));
  expect(await shop.place(cartId, { requestId: "k" })).toEqual(first);
});

test("the same key 20 times at once is one order and one answer", async () => {
  const cartId = shop.cart();
  const orders = await Promise.all(Array.from({ length: 20 }, () => shop.place(cartId, { requestId: "k" })));
  for (const order of orders) expect(order).toEqual(orders[0]);
  expect(await ordersOf(cartId)).toHaveLength(1);
  expect(shop.wire.calls.filter((call) => call.startsWith("inventory.reserve"))).toHaveLength(1);
});

test("20 keys at once are one order; the others hear which", async () => {
  const cartId = shop.cart();
  const calls = Array.from({ length: 20 }, (_, i) => shop.place(cartId, { requestId: `k${i}` }));
  const outcomes = await Promise.allSettled(calls);
  const made = outcomes.flatMap((each) => (each.status === "fulfilled" ? [each.value.id] : []));
  expect(made).toHaveLength(1);
  for (const each of outcomes) {
    if (each.status === "fulfilled") continue;
    const { reason, metadata } = errorInfo(each.reason) ?? {};
    expect([reason, metadata?.["order_id"]]).toEqual(["CART_ALREADY_ORDERED", made[0]]);
  }
});

test.each([
  ["another key", "k2", {}, "CART_ALREADY_ORDERED"],
  ["no key", "", {}, "CART_ALREADY_ORDERED"],
  [
    "the same key with another address",
    "k",
    { shippingAddress: { ...address, city: "X" } },
    "REQUEST_ID_REUSED",
  ],
  [
    "the same key with another expectation",
    "k",
    { expectedItemTotal: money("USD", 2000n) },
    "REQUEST_ID_REUSED",
  ],
])("%s for an ordered cart is refused", async (_what, requestId, more, reason) => {
  const cartId = shop.cart();
  await shop.place(cartId, { requestId: "k" });
  expect(await outcomeOf(shop.place(cartId, { requestId, ...more }))).toMatchObject({ reason });
  expect(await ordersOf(cartId)).toHaveLength(1);
});

test("a cart that Cart knows as ordered is refused, and named", async () => {
  const cartId = shop.cart({ state: "ORDERED", orderId: "ord_old" });
  expect(await outcomeOf(shop.place(cartId))).toMatchObject({
    reason: "CART_ALREADY_ORDERED",
    metadata: { cart_id: cartId, order_id: "ord_old" },
  });
});

test.each([
  ["before it is ordered", false],
  ["after it was ordered", true],
])("another's token does not open a cart %s, and nothing is frozen", async (_when, ordered) => {
  const cartId = shop.cart();
  if (ordered) await shop.place(cartId, { requestId: "k" });
  const state = cartState(cartId);
  const call = shop.client.placeOrder({ cartId, requestId: "k" }, as.guest("a stranger's token"));
  expect(await outcomeOf(call)).toMatchObject({ reason: "NOT_OWNER" });
  expect(cartState(cartId)).toBe(state);
  expect(shop.inventory.reservations.has(cartId)).toBe(false);
});

test("Order checks the owner itself, too, and opens the cart again", async () => {
  const cartId = shop.cart();
  const { freezeCart } = shop.deps.carts;
  // A Cart that does not look at the owner.
  shop.deps.carts.freezeCart = (request, options) => freezeCart({ ...request, owner: "" } as never, options);
  const call = shop.client.placeOrder({ cartId }, as.guest("a stranger's token"));
  expect(await outcomeOf(call)).toMatchObject({ reason: "NOT_OWNER" });
  shop.deps.carts.freezeCart = freezeCart;
  expect(cartState(cartId)).toBe("OPEN");
});

test("staff may order any cart; its owner has the order", async () => {
  const cartId = shop.cart();
  const order = await shop.client.placeOrder({ cartId }, as.staff);
  expect((await shop.client.getOrder({ orderId: order.id }, buyerOf(cartId))).id).toBe(order.id);
});

test("nobody without a credential places orders", async () => {
  expect(await outcomeOf(shop.client.placeOrder({ cartId: shop.cart() }))).toMatchObject({
    reason: "UNAUTHENTICATED",
  });
});

test.each([
  ["contact", { contact: undefined }],
  ["shipping_address", { shippingAddress: undefined }],
])("without a %s anywhere the order cannot be delivered", async (missing, fields) => {
  const cartId = shop.cart(fields as never);
  expect(await outcomeOf(shop.place(cartId))).toMatchObject({
    reason: "DELIVERY_MISSING",
    metadata: { missing },
  });
  expect(cartState(cartId)).toBe("OPEN");
});

test.each([
  ["the items cost something else", money("USD", 1999n), "1999 USD"],
  ["in another currency", money("EUR", 2000n), "2000 EUR"],
])("TOTAL_CHANGED when %s", async (_what, expectedItemTotal, expected) => {
  const cartId = shop.cart();
  expect(await outcomeOf(shop.place(cartId, { expectedItemTotal }))).toMatchObject({
    reason: "TOTAL_CHANGED",
    metadata: {
      item_total: "2000",
      currency_code: "USD",
      expected_item_total: expected,
    },
  });
  expect(cartState(cartId)).toBe("OPEN");
  expect((await shop.place(cartId, { expectedItemTotal: money("USD", 2000n) })).cartId).toBe(cartId);
});

/** What fails, how it is brought about, and with which reason the buyer hears of it. */
test.each<[string, (cartId: string) => void, string]>([
  ["the cart is unknown", (cartId) => shop.carts.carts.delete(cartId), "CART_NOT_FOUND"],
  [
    "the cart is empty",
    (cartId) => Object.assign(shop.carts.carts.get(cartId)!, { lines: {} }),
    "CART_EMPTY",
  ],
  ["Cart is away", () => shop.wire.before.set("carts.freeze", away), "PROVIDER_UNAVAILABLE"],
  ["Cart's answer is lost", () => shop.wire.after.set("carts.freeze", away), "PROVIDER_UNAVAILABLE"],
  ["the stock is short", () => shop.inventory.onHand.set("MUG", 1), "INSUFFICIENT_STOCK"],
  [
    "Inventory's answer is lost",
    () => shop.wire.after.set("inventory.reserve", away),
    "PROVIDER_UNAVAILABLE",
  ],
  ["Shipping is away", () => shop.wire.before.set("shipping.create", away), "PROVIDER_UNAVAILABLE"],
  ["no carrier goes there", () => shop.wire.before.set("shipping.create", refuseAddress), "ADDRESS_REFUSED"],
  ["no carrier has a price", () => void shop.shipping.prices.splice(0), "SHIPPING_UNAVAILABLE"],
])(
  "when %s, what was done before is undone, and the cart can be ordered later",
  async (_what, prepare, reason) => {
    const cartId = shop.cart();
    const cart = { ...shop.carts.carts.get(cartId)! };
    prepare(cartId);
    expect(await outcomeOf(shop.place(cartId, { requestId: "k" }))).toMatchObject({ reason });
    expect(await ordersOf(cartId)).toEqual([]);
    expect(await checkouts(cartId)).toEqual([]);
    expect(["OPEN", undefined]).toContain(cartState(cartId));
    const held = [...shop.inventory.reservations.values()].filter(({ state }) => state === "HELD");
    const open = await shop.db.query(sql`select 1 from orders where state = 'PENDING_PAYMENT'`);
    expect(held).toHaveLength(open.length);
    shop.reset();
    shop.carts.carts.set(cartId, cart);
    expect((await shop.place(cartId, { requestId: "k" })).cartId).toBe(cartId);
  },
);

function refuseAddress(): never {
  throw refuse("ADDRESS_REFUSED", {});
}

test("a shortage keeps Inventory's facts", async () => {
  shop.inventory.onHand.set("RARE", 3);
  const cartId = shop.cart({ lines: { RARE: { quantity: 4, cents: 1 } } });
  expect(await outcomeOf(shop.place(cartId))).toMatchObject({
    reason: "INSUFFICIENT_STOCK",
    metadata: {
      sku: "RARE",
      requested: "4",
      available: "3",
    },
  });
});

test("an order that cannot be written leaves nothing, and the next call makes it", async () => {
  const cartId = shop.cart();
  await shop.db.execute(
    sql`alter table orders add constraint broken check (cart_id <> 'cart_broken') not valid`,
  );
  const broken = shop.cart();
  shop.carts.carts.set("cart_broken", { ...shop.carts.carts.get(broken)! });
  const call = shop.client.placeOrder({ cartId: "cart_broken" }, as.staff);
  await expect(call).rejects.toThrow("internal");
  expect(cartState("cart_broken")).toBe("OPEN");
  await shop.db.execute(sql`alter table orders drop constraint broken`);
  expect((await shop.client.placeOrder({ cartId: "cart_broken" }, as.staff)).cartId).toBe("cart_broken");
  expect((await shop.place(cartId)).cartId).toBe(cartId);
});

test("an order that was written stays, also when Cart does not hear of it", async () => {
  const cartId = shop.cart();
  shop.wire.before.set("carts.complete", away);
  const order = await shop.place(cartId, { requestId: "k" });
  expect(cartState(cartId)).toBe("FROZEN");
  expect(await shop.place(cartId, { requestId: "k" })).toEqual(order);
});

test("one buyer's failure lets the next call for the cart go on, at once", async () => {
  const cartId = shop.cart();
  let failures = 3;
  shop.wire.before.set("shipping.create", () => (failures-- > 0 ? away("") : undefined));
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, () => shop.place(cartId, { requestId: "k" })),
  );
  const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(reasons).toEqual(Array(3).fill("PROVIDER_UNAVAILABLE"));
  const [row] = await ordersOf(cartId);
  expect(shop.inventory.statesOf(row?.id ?? "")).toEqual(["HELD"]);
});

test("goods are held for the unpaid time", async () => {
  const before = shop.now().getTime();
  const { id } = await shop.place(shop.cart());
  const until = shop.inventory.reservations.get(id)?.expireTime.getTime() ?? 0;
  expect(until - before).toBeGreaterThanOrEqual(holds.unpaidMs);
  expect(until - before).toBeLessThan(holds.unpaidMs + 30_000);
});
