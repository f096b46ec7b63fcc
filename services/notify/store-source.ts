import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Source } from "./store.ts";

/** What an event's news was made from; nothing when that is not kept, or not any more. */
export async function findSource(db: Queryable, eventKey: string): Promise<Source | undefined> {
  const [source] = await db.query<Source>(
    sql`select kind, request from source where event_key = ${eventKey}`,
  );
  return source;
}

/** Forgets what news was made from that was told before a time; how many. */
export function deleteSources(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.execute(sql`
    delete from source where event_key in (
      select event_key from source where create_time < ${before} order by create_time limit ${limit} for update skip locked)`);
}

/**
 * Gives up messages that could not be sent since a time, so that staff see them: PENDING → FAILED. Those that some call
 * is sending just now are left alone.
 */
export async function giveUpMessages(
  db: Queryable,
  { before, now, limit }: { before: Date; now: Date; limit: number },
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`
    update message set state = 'FAILED', sending_until = null
    where id in (
      select id from message
      where state = 'PENDING' and state not in ('SENT', 'DELIVERED') and create_time < ${before} and sending_until <= ${now}
      order by create_time limit ${limit} for update skip locked)
    returning id`);
  return rows.map(({ id }) => id);
}
