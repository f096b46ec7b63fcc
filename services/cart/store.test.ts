import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../lib/ids/ids.ts";
import { type CartDocument, emptyCart, frozen, remembering, touched, withQuantity } from "./cart.ts";
import { maxListed } from "./store.ts";
import { type OpenStore, onRedisCluster, stores, type TestedStore } from "./testing/stores.ts";

const now = Date.parse("2030-01-01T00:00:00Z");

function newCart(): CartDocument {
  return emptyCart({ id: newId("cart"), owner: "a".repeat(64), currencyCode: "USD", now });
}

/** A document with every part that there is. */
function fullCart(): CartDocument {
  const filled = remembering(withQuantity(newCart(), "A-1", 3), { key: "k", request: "r", time: now });
  return {
    ...frozen(filled, "ord_1", now),
    contact: { email: "ada@example.com", phone: "+14155550123" },
    shippingAddress: {
      name: "Åda Łovelace “O'Hara”",
      line1: "12 Søndergade\\",
      line2: "",
      city: "東京",
      state: "",
      postalCode: "100",
      countryCode: "JP",
    },
  };
}

for (const each of [...stores, onRedisCluster]) {
  describe.skipIf(!each.installed)(`a cart in ${each.name}`, () => {
    suite(each);
  });
}

function suite(tested: TestedStore): void {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await tested.open();
  });
  afterAll(() => opened?.[Symbol.asyncDispose]());

  test("comes back as it was stored", async () => {
    const cart = fullCart();
    expect(await opened.store.insert(cart)).toBe(true);
    expect(await opened.store.read(cart.id)).toEqual({ cart, version: 1 });
  });

  test("is not found when there is none", async () => {
    expect(await opened.store.read(newId("cart"))).toBeUndefined();
  });

  test("is replaced only by who saw its present version", async () => {
    const cart = newCart();
    await opened.store.insert(cart);
    const second = touched(cart, withQuantity(cart, "A", 1), now + 1);
    expect(await opened.store.write(second, 1)).toBe(true);
    expect(await opened.store.write(cart, 1)).toBe(false);
    expect(await opened.store.read(cart.id)).toEqual({ cart: second, version: 2 });
  });

  test("is not made by a write", async () => {
    const cart = newCart();
    expect(await opened.store.write(cart, 1)).toBe(false);
    expect(await opened.store.read(cart.id)).toBeUndefined();
  });

  test("is inserted by exactly one of 20 at once", async () => {
    const cart = newCart();
    const inserted = await Promise.all(Array.from({ length: 20 }, () => opened.store.insert(cart)));
    expect(inserted.filter(Boolean)).toHaveLength(1);
    expect(await opened.store.read(cart.id)).toEqual({ cart, version: 1 });
  });

  test("is replaced by exactly one of 20 at once", async () => {
    const cart = newCart();
    await opened.store.insert(cart);
    const written = await Promise.all(
      Array.from({ length: 20 }, (_, n) => opened.store.write(withQuantity(cart, "A", n + 1), 1)),
    );
    expect(written.filter(Boolean)).toHaveLength(1);
    const stored = await opened.store.read(cart.id);
    expect(stored).toEqual({ cart: withQuantity(cart, "A", written.indexOf(true) + 1), version: 2 });
  });

  test("is listed with its owner's, the one that changed last first", async () => {
    const owner = newId("cus");
    const [one, two, three] = [0, 1, 2].map((n) =>
      emptyCart({ id: newId("cart"), owner, currencyCode: "USD", now: now + n }),
    ) as [CartDocument, CartDocument, CartDocument];
    for (const cart of [one, two, three]) await opened.store.insert(cart);
    expect(await opened.store.idsOf(owner)).toEqual([three.id, two.id, one.id]);
    await opened.store.write(touched(one, withQuantity(one, "A", 1), now + 3), 1);
    expect(await opened.store.idsOf(owner)).toEqual([one.id, three.id, two.id]);
    expect(await opened.store.idsOf(newId("cus"))).toEqual([]);
  });

  test("is listed with those of its next owner", async () => {
    const cart = newCart();
    const owner = newId("cus");
    await opened.store.insert(cart);
    await opened.store.write({ ...cart, owner }, 1);
    expect(await opened.store.idsOf(owner)).toEqual([cart.id]);
  });

  test("is listed among the latest 100", async () => {
    const owner = newId("cus");
    const carts = Array.from({ length: maxListed + 2 }, (_, n) =>
      emptyCart({ id: newId("cart"), owner, currencyCode: "USD", now: now + n }),
    );
    for (const cart of carts) await opened.store.insert(cart);
    const latest = carts.map(({ id }) => id).toReversed();
    expect(await opened.store.idsOf(owner)).toEqual(latest.slice(0, maxListed));
  });

  test("gives its id free when it has expired, and its version to nobody", async () => {
    const cart = newCart();
    await opened.store.insert(cart);
    const before = { ...cart, createTime: cart.expireTime - 1 };
    expect(await opened.store.insert(before)).toBe(false);
    const after = emptyCart({ ...cart, currencyCode: "EUR", now: cart.expireTime });
    expect(await opened.store.insert(after)).toBe(true);
    expect(await opened.store.write(cart, 1)).toBe(false); // the version that a slow writer had read
    expect((await opened.store.read(cart.id))?.cart).toEqual(after);
  });
}
