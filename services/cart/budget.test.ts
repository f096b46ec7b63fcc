import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newId, sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { cartSchema } from "./migrations/index.ts";
import { createPostgresCartStore } from "./store-postgres.ts";
import { type CartUnderTest, cartUnderTest, contact, shippingAddress, signedIn } from "./testing/carts.ts";

const statements: string[] = [];
let database: TestDatabase;
let under: CartUnderTest;
let cartId: string;
let holder: ReturnType<typeof as.guest>;
let token: string;
const order = { ...as.service("order") };

beforeAll(async () => {
  database = await testDatabase(cartSchema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  under = cartUnderTest(createPostgresCartStore({ db: database.db }));
  under.shop.coupons.set("TEN", 10n);
  const made = await under.newCart();
  ({ cartId, holder } = made);
  ({ token } = made.cart);
  await under.client.addItem({ cartId, sku: "A", quantity: 1n, requestId: "first" }, holder);
});

type Budget = { sql: number; catalog: number; inventory: number; promotion: number; tax: number };

test.each<[string, () => Promise<unknown>, Budget]>([
  ["CreateCart", () => under.newCart(), { sql: 1, catalog: 0, inventory: 0, promotion: 0, tax: 0 }],
  [
    "GetCart",
    () => under.client.getCart({ cartId }, holder),
    { sql: 1, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "GetCurrentCart",
    () => under.client.getCurrentCart({}, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "AdoptCarts of nothing",
    () => under.client.adoptCarts({ guestId: "0".repeat(64), customerId: "cus_0" }, order),
    { sql: 2, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "AdoptCarts without a cart to merge with",
    () => under.client.adoptCarts({ guestId: sha256Hex(token), customerId: newId("cus") }, order),
    { sql: 6, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "AdoptCarts with a merge",
    async () => {
      const { id: customerId, caller } = signedIn();
      await under.client.createCart({}, caller);
      statements.length = 0;
      await under.client.adoptCarts({ guestId: sha256Hex(token), customerId }, order);
    },
    { sql: 15, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "AddItem",
    () => under.client.addItem({ cartId, sku: "B", quantity: 1n }, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "AddItem, repeated",
    () => under.client.addItem({ cartId, sku: "A", quantity: 1n, requestId: "first" }, holder),
    { sql: 1, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "SetItem with a key",
    () => under.client.setItem({ cartId, sku: "A", quantity: 5n, requestId: "set" }, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "SetItem",
    () => under.client.setItem({ cartId, sku: "A", quantity: 5n }, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "RemoveItem, the last",
    () => under.client.removeItem({ cartId, sku: "A" }, holder),
    { sql: 2, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "RemoveItem of nothing",
    () => under.client.removeItem({ cartId, sku: "B" }, holder),
    { sql: 1, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "ClearCart",
    () => under.client.clearCart({ cartId }, holder),
    { sql: 2, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "SetDelivery",
    () => under.client.setDelivery({ cartId, contact, shippingAddress }, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 1 },
  ],
  [
    "ApplyCoupon",
    () => under.client.applyCoupon({ cartId, code: "TEN" }, holder),
    { sql: 2, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "RemoveCoupon of nothing",
    () => under.client.removeCoupon({ cartId, code: "TEN" }, holder),
    { sql: 1, catalog: 1, inventory: 1, promotion: 1, tax: 0 },
  ],
  [
    "FreezeCart",
    () => under.client.freezeCart({ cartId, orderId: "o" }, order),
    { sql: 2, catalog: 1, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "ThawCart of an open cart",
    () => under.client.thawCart({ cartId, orderId: "o" }, order),
    { sql: 1, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
  [
    "CompleteCart",
    () => under.client.completeCart({ cartId, orderId: "o" }, order),
    { sql: 2, catalog: 0, inventory: 0, promotion: 0, tax: 0 },
  ],
])("%s", async (_, call, budget) => {
  statements.length = 0;
  Object.assign(under.shop.calls, { catalog: 0, inventory: 0, promotion: 0, tax: 0 });
  await call();
  expect({ sql: statements.length, ...under.shop.calls }).toEqual(budget);
});
