import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../lib/ids/ids.ts";
import { freePort } from "../../lib/testing/free-port.ts";
import { redisInstalled, type TestRedis, testRedis } from "../../lib/testing/redis.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { cartLifeMs, emptyCart, touched, withQuantity } from "./cart.ts";
import { createRedisCartStore } from "./store-redis.ts";
import { failureOf } from "./testing/failures.ts";

const now = Date.parse("2030-01-01T00:00:00Z");
describe.skipIf(!redisInstalled)("carts in Redis", () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await testRedis();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const newCart = () => emptyCart({ id: newId("cart"), owner: "o", currencyCode: "USD", now });

  test("a cart lives for 30 days from its last change, by Redis's own clock", async () => {
    const { redis } = server;
    const store = createRedisCartStore({ redis });
    const cart = newCart();
    const key = `rowlock:cart:{${cart.id}}`;
    await store.insert(cart);
    expect(await redis.pttl(key)).toBeGreaterThan(cartLifeMs - 60_000);
    const list = "rowlock:carts:{o}";
    await redis.pexpire(key, 60_000);
    await redis.pexpire(list, 60_000);
    await store.write(touched(cart, withQuantity(cart, "A", 1), now + 1000), 1);
    expect(await redis.pttl(key)).toBeGreaterThan(cartLifeMs - 60_000);
    expect(await redis.pttl(list)).toBeGreaterThan(cartLifeMs - 60_000);
  });

  test("Redis forgets a cart at its time", async () => {
    const store = createRedisCartStore(server);
    const cart = { ...newCart(), expireTime: now + 500 };
    await store.insert(cart);
    expect(await store.read(cart.id)).toBeDefined();
    await waitFor(async () => (await store.read(cart.id)) === undefined, { what: "the cart's expiry" });
  });

  test("a write that is sent again after its reply was lost counts once, and is no lost race", async () => {
    const { redis } = server;
    const store = createRedisCartStore({ redis });
    const cart = newCart();
    await store.insert(cart);
    const next = withQuantity(cart, "A", 1);
    // What ioredis resends is the very same command.
    const twice = redis as unknown as { cartWrite(...args: unknown[]): Promise<number> };
    const send = () =>
      twice.cartWrite(
        `rowlock:cart:{${cart.id}}`,
        "writer-1",
        JSON.stringify(next),
        next.expireTime,
        60_000,
        1,
      );
    expect([await send(), await send()]).toEqual([1, 1]);
    expect(await store.read(cart.id)).toEqual({ cart: next, version: 2 });
  });

  test("an unreachable Redis is UNAVAILABLE", async () => {
    const redis = new Redis({ host: "127.0.0.1", port: await freePort(), maxRetriesPerRequest: 0 });
    redis.on("error", () => undefined);
    const store = createRedisCartStore({ redis });
    expect(await failureOf(store.read(newId("cart")))).toMatchObject({ reason: "CART_STORE_UNAVAILABLE" });
    expect(await failureOf(store.insert(newCart()))).toMatchObject({ reason: "CART_STORE_UNAVAILABLE" });
    expect(await failureOf(store.idsOf("o"))).toMatchObject({ reason: "CART_STORE_UNAVAILABLE" });
    redis.disconnect();
  });
});
