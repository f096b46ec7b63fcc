import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { redisInstalled, testRedis } from "./redis.ts";

describe.skipIf(!redisInstalled)("testRedis", () => {
  test("a server answers, apart from others, and is gone afterwards", async () => {
    await using other = await testRedis();
    const { url } = await (async () => {
      await using one = await testRedis();
      await one.redis.set("key", "one");
      expect(await one.redis.get("key")).toBe("one");
      expect(await other.redis.get("key")).toBeNull();
      return one;
    })();
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    await expect(client.connect()).rejects.toThrow("closed");
  });
});
