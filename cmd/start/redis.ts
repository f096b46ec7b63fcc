import { Redis } from "ioredis";

const connectTimeoutMs = 5_000;

/** Rejects unless Redis answers. */
export async function askRedis(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let problem: Error | undefined;
  redis.on("error", (err: Error) => {
    problem ??= err;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (err) {
    // The call itself only says that the connection is closed.
    throw problem ?? err;
  } finally {
    redis.disconnect();
  }
}

/** Whether Redis answered, though with an error: a wrong password, say. */
export function isRedisReply(err: unknown): boolean {
  return err instanceof Error && err.name === "ReplyError";
}
