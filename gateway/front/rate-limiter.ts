import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { fail } from "./reasons.ts";

/** Seconds that a budget is for. */
const windowSeconds = 60;

/** How many requests a minute each of many callers may make. */
export interface RateLimiter {
  /**
   * Counts one request of a caller and appends what is left to the headers of its answer (RateLimit and
   * RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After). Does so at once unless Redis is
   * asked: a request that has to wait, even for a promise, costs a quarter more.
   * Errors: RESOURCE_EXHAUSTED, reason RATE_LIMITED, with a RetryInfo, when nothing is left.
   */
  take(key: string, headers: string[]): void | Promise<void>;
}

/**
 * `perMinute` requests of each caller in each minute; 0 is no limit. With `redis` all processes count together. When
 * Redis cannot be asked, each counts for itself: a shop that sells is worth more than an exact limit.
 */
export function createRateLimiter({
  name,
  perMinute,
  redis,
  onRefused,
  now = () => performance.now(),
}: {
  /** Told to the callers, and part of the keys in Redis. */
  name: string;
  perMinute: number;
  redis?: Redis | undefined;
  onRefused?: ((name: string) => void) | undefined;
  /** Milliseconds from any moment on. */
  now?: () => number;
}): RateLimiter {
  if (perMinute === 0) return { take: () => {} };
  const policy = `"${name}";q=${perMinute};w=${windowSeconds}`;
  const ownCount = createCounter(now);

  function settle({ count, ms }: Taken, headers: string[]): void {
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    const left = Math.max(0, perMinute - count);
    headers.push("ratelimit-policy", policy, "ratelimit", `"${name}";r=${left};t=${seconds}`);
    if (count <= perMinute) return;
    headers.push("retry-after", String(seconds));
    onRefused?.(name);
    throw fail(
      "RATE_LIMITED",
      { limit: String(perMinute), window_seconds: String(windowSeconds), retry_seconds: String(seconds) },
      { details: [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(seconds) } } }] },
    );
  }

  if (redis === undefined) return { take: (key, headers) => settle(ownCount(key), headers) };
  const countTogether = createSharedCounter({ name, perMinute, redis });
  return {
    async take(key, headers) {
      const taken = await countTogether(key).catch(() => ownCount(key));
      settle(taken, headers);
    },
  };
}

interface Taken {
  /** Requests of the caller in this window, this one included. */
  count: number;
  /** Milliseconds until the window ends. */
  ms: number;
}

/** Counts in memory. One window for all callers, so that at its end all is forgotten at once. */
function createCounter(now: () => number): (key: string) => Taken {
  let counts = new Map<string, number>();
  let until = 0;
  return (key) => {
    const time = now();
    if (time >= until) {
      counts = new Map();
      until = time + windowSeconds * 1000;
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return { count, ms: until - time };
  };
}

/** Counts in Redis, in a window that begins with the caller's first request. Fails when Redis does not answer. */
function createSharedCounter({
  name,
  perMinute,
  redis,
}: {
  name: string;
  perMinute: number;
  redis: Redis;
}): (key: string) => Promise<Taken> {
  const limiter = new RateLimiterRedis({
    storeClient: redis,
    points: perMinute,
    duration: windowSeconds,
    keyPrefix: `rowlock:rate:${name}`,
    rejectIfRedisNotReady: true,
    // Who has nothing left is turned away without asking Redis again.
    inMemoryBlockOnConsumed: perMinute + 1,
  });
  return async (key) => {
    try {
      const { consumedPoints, msBeforeNext } = await limiter.consume(key);
      return { count: consumedPoints, ms: msBeforeNext };
    } catch (err) {
      if (!(err instanceof RateLimiterRes)) throw err;
      return { count: perMinute + 1, ms: err.msBeforeNext };
    }
  };
}
