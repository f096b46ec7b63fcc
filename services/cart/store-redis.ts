import { randomUUID } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import type { CartDocument } from "./cart.ts";
import { fail } from "./reasons.ts";
import { type CartStore, maxListed } from "./store.ts";

/*
 * A cart is one hash: version, doc (JSON), expire (ms since 1970), writer. Scripts run atomically,
 * and one key per cart means one slot on a cluster. The time to live is relative (PEXPIRE), so the
 * clocks of shop and Redis need not agree.
 *
 * The carts of an owner are a sorted set of ids by time of change, in a slot of its own, so it is
 * written beside the cart and not with it: each write of a cart puts it right again, and it may name
 * carts that are no longer the owner's.
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

const listScript = `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

type Script = (
  key: string,
  writer: string,
  doc: string,
  expireTime: number,
  lifeMs: number,
  condition: number,
) => Promise<number>;

type ListScript = (key: string, id: string, time: number, maxListed: number, lifeMs: number) => Promise<null>;

/** Carts in Redis 6 or later, or a Redis Cluster. Reading is one command on one key, writing two. */
export function createRedisCartStore({ redis }: { redis: Redis | Cluster }): CartStore {
  redis.defineCommand("cartInsert", { numberOfKeys: 1, lua: insertScript });
  redis.defineCommand("cartWrite", { numberOfKeys: 1, lua: writeScript });
  redis.defineCommand("cartList", { numberOfKeys: 1, lua: listScript });
  const scripts = redis as unknown as { cartInsert: Script; cartWrite: Script; cartList: ListScript };

  async function run(script: "cartInsert" | "cartWrite", cart: CartDocument, condition: number) {
    const { id, owner, updateTime, expireTime } = cart;
    const lifeMs = expireTime - updateTime;
    // The list goes first: it may name a cart that is not there, but lacks none that is.
    const listed = scripts.cartList(listKeyOf(owner), id, updateTime, maxListed, lifeMs);
    const stored = scripts[script](
      keyOf(id),
      randomUUID(),
      JSON.stringify(cart),
      expireTime,
      lifeMs,
      condition,
    );
    const [, count] = await reached(Promise.all([listed, stored]));
    return count === 1;
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

    idsOf: (owner) => reached(redis.zrevrange(listKeyOf(owner), 0, -1)),
  };
}

/** The braces are Redis Cluster's hash tag: only what they hold decides the slot. */
function keyOf(id: string): string {
  return `rowlock:cart:{${id}}`;
}

function listKeyOf(owner: string): string {
  return `rowlock:carts:{${owner}}`;
}

/** Whatever Redis answers but a result, be it unreachable, loading, read-only or full, callers may try again later. */
async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw fail("CART_STORE_UNAVAILABLE", {}, { cause });
  }
}
