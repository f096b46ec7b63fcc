import { type Queryable, sql } from "../db/index.ts";

/** How long a key is kept at least, in milliseconds: callers may count on 24 hours. */
export const keptMs = 48 * 3_600_000;

/**
 * Deletes the keys that are older than 48 hours, the oldest first, `limit` with each statement, and returns how many.
 * Several may run at once: each skips what another is deleting.
 */
export async function sweepIdempotency(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<number> {
  const before = new Date(now.getTime() - keptMs);
  let swept = 0;
  for (;;) {
    const deleted = await db.execute(sql`
      delete from idempotency
      where (method, caller, key) in (
        select method, caller, key from idempotency where create_time <= ${before}
        order by create_time limit ${limit} for update skip locked
      )`);
    swept += deleted;
    if (deleted < limit) return swept;
  }
}
