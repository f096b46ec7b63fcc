import { expect, test } from "vitest";
import { newId } from "../../lib/ids/ids.ts";
import { testDatabase } from "../../lib/testing/postgres.ts";
import { cartLifeMs, emptyCart } from "./cart.ts";
import { cartSchema } from "./migrations/index.ts";
import { createPostgresCartStore, deleteExpired } from "./store-postgres.ts";
import { failureOf } from "./testing/failures.ts";

const start = Date.parse("2030-01-01T00:00:00Z");

test("deleteExpired takes the oldest expired carts, and no others", async () => {
  await using database = await testDatabase(cartSchema);
  const store = createPostgresCartStore(database);
  const carts = [0, 1, 2, 3].map((n) =>
    emptyCart({ id: newId("cart"), owner: "o", currencyCode: "USD", now: start + n }),
  );
  for (const cart of carts) {
    await store.insert(cart);
  }
  const remaining = async () => {
    const found = await Promise.all(carts.map(({ id }) => store.read(id)));
    return found.flatMap((each, n) => (each === undefined ? [] : [n]));
  };
  const now = new Date(start + cartLifeMs + 2); // carts 0, 1 and 2 have expired
  expect(await deleteExpired(database.db, now, 2)).toBe(2);
  expect(await remaining()).toEqual([2, 3]);
  expect(await deleteExpired(database.db, now, 2)).toBe(1);
  expect(await deleteExpired(database.db, now, 2)).toBe(0);
  expect(await remaining()).toEqual([3]);
});

test("an unreachable Postgres is UNAVAILABLE", async () => {
  const database = await testDatabase(cartSchema);
  const store = createPostgresCartStore(database);
  await database[Symbol.asyncDispose]();
  expect(await failureOf(store.read(newId("cart")))).toMatchObject({ reason: "CART_STORE_UNAVAILABLE" });
  expect(await failureOf(store.idsOf("o"))).toMatchObject({ reason: "CART_STORE_UNAVAILABLE" });
});
