import { describe, expect, test } from "vitest";
import { type CartDocument, withQuantity } from "./cart.ts";
import { createCartService } from "./service.ts";
import type { CartStore } from "./store.ts";
import { cartUnderTest, skusOf } from "./testing/carts.ts";
import { failureOf } from "./testing/failures.ts";

/** A store of one cart in memory, in which `rival` may change the cart just before a write. */
function storeWithRival(rival: (cart: CartDocument, writes: number) => CartDocument | undefined) {
  let stored: { cart: CartDocument; version: number } | undefined;
  const counts = { reads: 0, writes: 0 };
  const store: CartStore = {
    insert: async (cart) => {
      stored = { cart, version: 1 };
      return true;
    },
    read: async () => {
      counts.reads++;
      return stored;
    },
    write: async (cart, expectedVersion) => {
      counts.writes++;
      const other = stored && rival(stored.cart, counts.writes);
      if (stored && other) {
        stored = { cart: other, version: stored.version + 1 };
      }
      if (stored?.version !== expectedVersion) {
        return false;
      }
      stored = { cart, version: expectedVersion + 1 };
      return true;
    },
    idsOf: async () => (stored ? [stored.cart.id] : []),
  };
  return { store, counts };
}

describe("a lost race", () => {
  test("is run again on the newer cart, with the same look-ups", async () => {
    const { store, counts } = storeWithRival((cart, writes) =>
      writes === 1 ? withQuantity(cart, "A", 4) : undefined,
    );
    const { client, shop, newCart } = cartUnderTest(store);
    const { cartId, holder } = await newCart();
    const cart = await client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
    expect(skusOf(cart)).toEqual(["5 A"]);
    expect(counts).toEqual({ reads: 2, writes: 2 });
    expect(shop.calls).toMatchObject({ catalog: 1, inventory: 1 });
  });

  test("against another SKU looks up again, for both", async () => {
    const { store } = storeWithRival((cart, writes) =>
      writes === 1 ? withQuantity(cart, "B", 2) : undefined,
    );
    const { client, shop, newCart } = cartUnderTest(store);
    const { cartId, holder } = await newCart();
    const cart = await client.addItem({ cartId, sku: "A", quantity: 1n }, holder);
    expect(cart.lines.map(({ sku, title }) => `${sku}: ${title}`)).toEqual(["B: Product B", "A: Product A"]);
    expect(shop.calls).toMatchObject({ catalog: 2, inventory: 2 });
  });

  test("against who took the last units is a shortage", async () => {
    const { store } = storeWithRival((cart, writes) =>
      writes === 1 ? withQuantity(cart, "A", 10) : undefined,
    );
    const { client, newCart } = cartUnderTest(store);
    const { cartId, holder } = await newCart();
    expect(await failureOf(client.addItem({ cartId, sku: "A", quantity: 1n }, holder))).toMatchObject({
      reason: "INSUFFICIENT_STOCK",
      metadata: {
        requested: "11",
        available: "10",
      },
    });
  });

  test("every time is CART_BUSY", async () => {
    const { store, counts } = storeWithRival((cart) => cart);
    const { client, newCart } = cartUnderTest(store);
    const { cartId, holder } = await newCart();
    expect(await failureOf(client.addItem({ cartId, sku: "A", quantity: 1n }, holder))).toMatchObject({
      reason: "CART_BUSY",
      metadata: {
        cart_id: cartId,
      },
    });
    expect(counts.writes).toBe(40);
  });

  test("every time is given up at the deadline", async () => {
    const { store, counts } = storeWithRival((cart) => cart);
    const { client, newCart } = cartUnderTest(store);
    const { cartId, holder } = await newCart();
    const call = client.addItem({ cartId, sku: "A", quantity: 1n }, { ...holder, timeoutMs: 300 });
    expect(await failureOf(call)).toMatchObject({ reason: "DEADLINE_EXCEEDED" });
    expect(counts.writes).toBeLessThan(40);
  });
});

test("a total of more than 15 digits is refused before anything is written", async () => {
  const { store, counts } = storeWithRival(() => undefined);
  const { client, shop, newCart } = cartUnderTest(store);
  const { cartId, holder } = await newCart();
  shop.sell("A", { USD: 99_999_999_999n }, 10_000n);
  shop.sell("B", { USD: 99_999_999_999n }, 10_000n);
  await client.addItem({ cartId, sku: "A", quantity: 10_000n }, holder);
  expect(await failureOf(client.addItem({ cartId, sku: "B", quantity: 1n }, holder))).toMatchObject({
    reason: "CART_TOTAL_TOO_LARGE",
    metadata: {
      cart_id: cartId,
    },
  });
  expect(counts.writes).toBe(1);
});

test("a short token secret is refused at start", () => {
  const { deps } = cartUnderTest(storeWithRival(() => undefined).store);
  expect(() => createCartService({ ...deps, tokenSecret: "x".repeat(31) })).toThrow(RangeError);
});
