import { Redis } from "ioredis";
import { describe, expect, test, vi } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { redisInstalled, testRedis } from "../../lib/testing/redis.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/** As a promise, also what is refused at once. */
const take = async (limiter: RateLimiter | undefined, key: string, headers: string[] = []) =>
  limiter?.take(key, headers);

const header = (headers: string[], name: string) => headers[headers.lastIndexOf(name) + 1];

test("each caller has a budget of its own, is told what is left, and refused when nothing is", async () => {
  const onRefused = vi.fn<(name: string) => void>();
  const limiter = createRateLimiter({ name: "buyer", perMinute: 2, onRefused });
  const headers: string[] = [];
  await limiter.take("ann", headers);
  expect(header(headers, "ratelimit-policy")).toBe('"buyer";q=2;w=60');
  expect(header(headers, "ratelimit")).toMatch(/^"buyer";r=1;t=(?:60|59)$/);
  await limiter.take("ann", headers);
  const err = await failureOf(take(limiter, "ann", headers));
  expect(reasonOf(err)).toBe("RATE_LIMITED");
  const [retry] = err.findDetails(RetryInfoSchema);
  expect(Number(retry?.retryDelay?.seconds)).toBeGreaterThan(50);
  expect(header(headers, "retry-after")).toBe(String(retry?.retryDelay?.seconds));
  expect(header(headers, "ratelimit")).toContain("r=0;");
  expect(onRefused.mock.calls).toEqual([["buyer"]]);
  await limiter.take("bob", headers);
});

test("a budget is new after its minute", async () => {
  let time = 5_000;
  const limiter = createRateLimiter({ name: "buyer", perMinute: 1, now: () => time });
  await take(limiter, "ann");
  time += 59_999;
  expect(reasonOf(await failureOf(take(limiter, "ann")))).toBe("RATE_LIMITED");
  time += 1;
  await take(limiter, "ann");
});

test("no limit says nothing and refuses nobody", async () => {
  const limiter = createRateLimiter({ name: "key", perMinute: 0 });
  const headers: string[] = [];
  for (let i = 0; i < 100; i++) await limiter.take("ann", headers);
  expect(headers).toEqual([]);
});

describe.skipIf(!redisInstalled)("with Redis", () => {
  const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 250 };
  async function connect(url: string): Promise<Redis> {
    const redis = new Redis(url, options);
    redis.on("error", () => {});
    await waitFor(() => redis.status === "ready");
    return redis;
  }

  test("processes count together", async () => {
    await using server = await testRedis();
    const clients = [await connect(server.url), await connect(server.url)];
    const [a, b] = clients.map((redis) => createRateLimiter({ name: "buyer", perMinute: 3, redis }));
    await a?.take("ann", []);
    await b?.take("ann", []);
    const headers: string[] = [];
    await a?.take("ann", headers);
    expect(header(headers, "ratelimit")).toContain("r=0;");
    expect(reasonOf(await failureOf(take(b, "ann")))).toBe("RATE_LIMITED");
    for (const redis of clients) redis.disconnect();
  });

  test("when Redis is gone, each process counts for itself and serves on", async () => {
    const server = await testRedis();
    const redis = await connect(server.url);
    const limiter = createRateLimiter({ name: "buyer", perMinute: 2, redis });
    await limiter.take("ann", []);
    await server[Symbol.asyncDispose]();
    await waitFor(() => redis.status !== "ready");
    const headers: string[] = [];
    await limiter.take("ann", headers);
    expect(header(headers, "ratelimit")).toContain("r=1;");
    await limiter.take("ann", []);
    expect(reasonOf(await failureOf(take(limiter, "ann")))).toBe("RATE_LIMITED");
    redis.disconnect();
  });
});
