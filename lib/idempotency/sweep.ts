import { type Queryable, sql } from "../db/index.ts";

/** How long a key is kept at least, in milliseconds: callers may count on 24 hours. */
export const keptMs = 48 * 3_600_000;

/**
 * Deletes up to `limit` keys that are older than 48 hours, the oldest first, and returns how many. Several may
 * run at once: each skips what another is deleting. For a job that repeats it.
 */
export async function sweepIdempotency(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  return db.execute(sql`
    delete from idempotency
    where (method, caller, key) in (
      select method, caller, key from idempotency where create_time <= ${new Date(now.getTime() - keptMs)}
      order by create_time limit ${limit} for update skip locked
    )`);
}
