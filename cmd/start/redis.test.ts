import { describe, expect, test } from "vitest";
import { freePort } from "../../lib/testing/free-port.ts";
import { redisInstalled, testRedis } from "../../lib/testing/redis.ts";
import { askRedis, isRedisReply } from "./redis.ts";

const failure = (url: string) =>
  askRedis(url).then(
    () => undefined,
    (err: unknown) => err,
  );

test("a Redis that is away is away, and says how", async () => {
  const err = await failure(`redis://127.0.0.1:${await freePort()}`);
  expect(String(err)).toContain("ECONNREFUSED");
  expect(isRedisReply(err)).toBe(false);
});

describe.skipIf(!redisInstalled)("with a Redis", () => {
  test("one that answers is there; one that refuses is not waited for", async () => {
    await using server = await testRedis();
    expect(await failure(server.url)).toBeUndefined();
    await server.redis.config("SET", "requirepass", "the password");
    for (const url of [server.url, server.url.replace("redis://", "redis://:a-wrong-one@")]) {
      const refused = await failure(url);
      expect([isRedisReply(refused), String(refused)]).toEqual([
        true,
        expect.stringMatching(/AUTH|WRONGPASS/),
      ]);
    }
  });
});
