import { createBatcher } from "../../lib/batch.ts";
import { DatabaseUnavailable, type Db, json, type Queryable, sql } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";
import { type CartStore, maxListed, type StoredCart } from "./store.ts";

/** Operations that share one statement at most. */
const maxItems = 64;

/**
 * Carts in Postgres, schema `cart`. Each operation is one statement; readings, and writings, that come
 * at the same time share one.
 */
export function createPostgresCartStore({ db }: { db: Pick<Db, "query" | "execute"> }): CartStore {
  const readOne = createBatcher<string, StoredCart | undefined>({
    maxItems,
    lanes: 2,
    run: async (ids) => {
      const rows = await db.query<StoredCart & { id: string }>(sql`
        select id, version, doc as cart from cart where id = any(${[...new Set(ids)]}::text[])`);
      const byId = new Map(rows.map(({ id, version, cart }) => [id, { version, cart }]));
      return ids.map((id) => byId.get(id));
    },
  });
  const writeOne = createBatcher<StoredCart, boolean>({
    maxItems,
    run: async (writes) => {
      // Of two writes of one cart only the first can be at its version; the other has lost the race.
      const first = new Map<string, StoredCart>();
      for (const write of writes) if (!first.has(write.cart.id)) first.set(write.cart.id, write);
      const written = await writeAll(db, [...first.values()]);
      return writes.map((write) => first.get(write.cart.id) === write && written.has(write.cart.id));
    },
  });
  return {
    async insert(cart) {
      // The version goes on counting, so that a writer who read the expired cart cannot replace the new one.
      const stored = await reached(
        db.execute(sql`
          insert into cart (id, version, doc, expire_time)
          values (${cart.id}, 1, ${json(cart)}, ${new Date(cart.expireTime)})
          on conflict on constraint cart_pkey do update
          set version = cart.version + 1, doc = excluded.doc, expire_time = excluded.expire_time
          where cart.expire_time <= ${new Date(cart.createTime)}`),
      );
      return stored === 1;
    },

    read: (id) => reached(readOne(id)),

    write: (cart, expectedVersion) => reached(writeOne({ cart, version: expectedVersion })),

    async idsOf(owner) {
      const rows = await reached(
        db.query<{ id: string }>(sql`
          select id from cart where doc ->> 'owner' = ${owner} order by expire_time desc limit ${maxListed}`),
      );
      return rows.map(({ id }) => id);
    },
  };
}

/** Replaces the carts that are still at their versions, locked in the order of their ids; which ones were. */
async function writeAll(db: Pick<Db, "query">, writes: readonly StoredCart[]): Promise<ReadonlySet<string>> {
  const sorted = writes.toSorted((a, b) => (a.cart.id < b.cart.id ? -1 : 1));
  const rows = await db.query<{ id: string }>(sql`
    with wanted as (
      select * from unnest(
        ${sorted.map(({ cart }) => cart.id)}::text[],
        ${sorted.map(({ version }) => version)}::int[],
        ${sorted.map(({ cart }) => JSON.stringify(cart))}::text[],
        ${sorted.map(({ cart }) => new Date(cart.expireTime))}::timestamptz[]
      ) as w (id, version, doc, expire_time)
    ), current as (
      select c.id from cart c join wanted w using (id, version) order by c.id for update of c
    )
    update cart c
    set version = c.version + 1, doc = w.doc::jsonb, expire_time = w.expire_time
    from wanted w join current using (id)
    where c.id = w.id and c.version = w.version
    returning c.id`);
  return new Set(rows.map(({ id }) => id));
}

async function reached<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw cause instanceof DatabaseUnavailable ? fail("CART_STORE_UNAVAILABLE", {}, { cause }) : cause;
  }
}

/**
 * Deletes up to `limit` carts that expired at `now` or before, the oldest first, and returns how
 * many. Several may run at once: each skips what another is deleting. For a job that repeats it
 * while the answer equals the limit; Redis needs none.
 */
export async function deleteExpired(db: Queryable, now: Date, limit: number): Promise<number> {
  return db.execute(sql`
    delete from cart
    where id in (
      select id from cart where expire_time <= ${now}
      order by expire_time limit ${limit} for update skip locked
    )`);
}
