import { DatabaseUnavailable, type Db, json, type Queryable, sql } from "../../lib/db/index.ts";
import type { CartDocument } from "./cart.ts";
import { fail } from "./reasons.ts";
import type { CartStore } from "./store.ts";

/** Carts in Postgres, schema `cart`. Each operation is one statement. */
export function createPostgresCartStore({ db }: { db: Pick<Db, "query" | "execute"> }): CartStore {
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

    async read(id) {
      const [row] = await reached(
        db.query<{ version: number; cart: CartDocument }>(sql`
          select version, doc as cart from cart where id = ${id}`),
      );
      return row;
    },

    async write(cart, expectedVersion) {
      const stored = await reached(
        db.execute(sql`
          update cart
          set version = version + 1, doc = ${json(cart)}, expire_time = ${new Date(cart.expireTime)}
          where id = ${cart.id} and version = ${expectedVersion}`),
      );
      return stored === 1;
    },
  };
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
