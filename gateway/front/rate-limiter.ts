import type { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { fail } from "./reasons.ts";

/** Seconds that a budget is for. */
const windowSeconds = 60;

/** How many requests a minute each of many callers may make. */
export interface RateLimiter {
  /**
   * Counts one request of a caller and appends what is left to the headers of its answer (RateLimit and
   * RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After).
   * Errors: RESOURCE_EXHAUSTED, reason RATE_LIMITED, with a RetryInfo, when nothing is left.
   */
  take(key: string, headers: string[]): Promise<void>;
}

/**
 * `perMinute` requests of each caller from its first one on; 0 is no limit. With `redis` all processes count
 * together. When Redis cannot be asked, each counts for itself: a shop that sells is worth more than an exact limit.
 */
export function createRateLimiter({
  name,
  perMinute,
  redis,
  onRefused,
}: {
  /** Told to the callers, and part of the keys in Redis. */
  name: string;
  perMinute: number;
  redis?: Redis | undefined;
  onRefused?: ((name: string) => void) | undefined;
}): RateLimiter {
  if (perMinute === 0) return { take: async () => {} };
  const budget = { points: perMinute, duration: windowSeconds, keyPrefix: `rowlock:rate:${name}` };
  const own = new RateLimiterMemory(budget);
  const limiter =
    redis === undefined
      ? own
      : new RateLimiterRedis({
          ...budget,
          storeClient: redis,
          rejectIfRedisNotReady: true,
          insuranceLimiter: own,
          // Who has nothing left is turned away without asking Redis again.
          inMemoryBlockOnConsumed: perMinute + 1,
        });
  const policy = `"${name}";q=${perMinute};w=${windowSeconds}`;
  return {
    async take(key, headers) {
      let taken: RateLimiterRes;
      let refused = false;
      try {
        taken = await limiter.consume(key);
      } catch (err) {
        if (!(err instanceof RateLimiterRes)) throw err;
        taken = err;
        refused = true;
      }
      const seconds = Math.max(1, Math.ceil(taken.msBeforeNext / 1000));
      headers.push(
        "ratelimit-policy",
        policy,
        "ratelimit",
        `"${name}";r=${taken.remainingPoints};t=${seconds}`,
      );
      if (!refused) return;
      headers.push("retry-after", String(seconds));
      onRefused?.(name);
      throw fail(
        "RATE_LIMITED",
        { limit: String(perMinute), window_seconds: String(windowSeconds), retry_seconds: String(seconds) },
        { details: [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(seconds) } } }] },
      );
    },
  };
}
