import { randomUUID } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import type { CartDocument } from "./cart.ts";
import { fail } from "./reasons.ts";
import type { CartStore } from "./store.ts";

/*
 * A cart is one hash: version, doc (JSON), expire (ms since 1970), writer. Scripts run atomically,
 * and one key per cart means one slot on a cluster. The time to live is relative (PEXPIRE), so the
 * clocks of shop and Redis need not agree.
 *
 * ioredis sends a command again when the connection broke before its reply. Such a repetition finds
 * its own `writer` in the hash and answers as the first run did. Only when another change came
 * between does it count as a lost race; a keyed change is then still made once, by its key.
 */
const insertScript = `
local stored = redis.call('HMGET', KEYS[1], 'writer', 'expire')
if stored[1] == ARGV[1] then return 1 end
if stored[2] and tonumber(stored[2]) > tonumber(ARGV[5]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'writer', ARGV[1], 'doc', ARGV[2], 'expire', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

const writeScript = `
local stored = redis.call('HMGET', KEYS[1], 'writer', 'version')
if stored[1] == ARGV[1] then return 1 end
if stored[2] ~= ARGV[5] then return 0 end
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'writer', ARGV[1], 'doc', ARGV[2], 'expire', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

type Script = (
  key: string,
  writer: string,
  doc: string,
  expireTime: number,
  lifeMs: number,
  condition: number,
) => Promise<number>;

/** Carts in Redis 6 or later, or a Redis Cluster. Each operation is one command on one key. */
export function createRedisCartStore({ redis }: { redis: Redis | Cluster }): CartStore {
  redis.defineCommand("cartInsert", { numberOfKeys: 1, lua: insertScript });
  redis.defineCommand("cartWrite", { numberOfKeys: 1, lua: writeScript });
  const scripts = redis as unknown as { cartInsert: Script; cartWrite: Script };

  async function run(script: "cartInsert" | "cartWrite", cart: CartDocument, condition: number) {
    const stored = await reached(
      scripts[script](
        keyOf(cart.id),
        randomUUID(),
        JSON.stringify(cart),
        cart.expireTime,
        cart.expireTime - cart.updateTime,
        condition,
      ),
    );
    return stored === 1;
  }

  return {
    insert: (cart) => run("cartInsert", cart, cart.createTime),

    async read(id) {
      const [version, doc] = await reached(redis.hmget(keyOf(id), "version", "doc"));
      return version == null || doc == null
        ? undefined
        : { cart: JSON.parse(doc) as CartDocument, version: Number(version) };
    },

    write: (cart, expectedVersion) => run("cartWrite", cart, expectedVersion),
  };
}

/** The braces are Redis Cluster's hash tag: only what they hold decides the slot. */
function keyOf(id: string): string {
  return `rowlock:cart:{${id}}`;
}

/** Whatever Redis answers but a result, be it unreachable, loading, read-only or full, callers may try again later. */
async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw fail("CART_STORE_UNAVAILABLE", {}, { cause });
  }
}
