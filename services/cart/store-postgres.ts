import { type Db, type Queryable, sql } from "../../lib/db/index.ts";
import type { CartDocument } from "./cart.ts";
import type { CartStore, StoredCart } from "./store.ts";

/** Carts in Postgres, schema `cart`. Each operation is one statement. */
export function createPostgresCartStore({ db }: { db: Pick<Db, "query"> }): CartStore {
  return {
    async insert(cart) {
      // The version goes on counting, so that a writer who read the expired cart cannot replace the new one.
      const rows = await db.query(sql`
        insert into cart (id, version, doc, expire_time)
        values (${cart.id}, 1, ${JSON.stringify(cart)}::jsonb, ${new Date(cart.expireTime)})
        on conflict on constraint cart_pkey do update
        set version = cart.version + 1, doc = excluded.doc, expire_time = excluded.expire_time
        where cart.expire_time <= ${new Date(cart.createTime)}
        returning 1 as stored`);
      return rows.length === 1;
    },

    async read(id) {
      const [row] = await db.query<{ version: number; doc: CartDocument }>(sql`
        select version, doc from cart where id = ${id}`);
      return row === undefined ? undefined : ({ cart: row.doc, version: row.version } satisfies StoredCart);
    },

    async write(cart, expectedVersion) {
      const rows = await db.query(sql`
        update cart
        set version = version + 1, doc = ${JSON.stringify(cart)}::jsonb, expire_time = ${new Date(cart.expireTime)}
        where id = ${cart.id} and version = ${expectedVersion}
        returning 1 as stored`);
      return rows.length === 1;
    },
  };
}

/**
 * Deletes up to `limit` carts that expired at `now` or before, the oldest first, and returns how
 * many. Several may run at once: each skips what another is deleting. For a job that repeats it
 * while the answer equals the limit; Redis needs none.
 */
export async function deleteExpired(db: Queryable, now: Date, limit: number): Promise<number> {
  const rows = await db.query(sql`
    delete from cart
    where id in (
      select id from cart where expire_time <= ${now}
      order by expire_time limit ${limit} for update skip locked
    )
    returning 1 as deleted`);
  return rows.length;
}
