import { type Queryable, sql } from "../../lib/db/index.ts";
import type { EventContent } from "./delivery.ts";

/** An event as it is published. */
export interface NewEvent extends EventContent {
  subject: string;
}

/**
 * Keeps those events that are new; their ids. While there is no endpoint at all nothing is kept: there is nobody who
 * could be told later.
 */
export async function insertEvents(
  tx: Queryable,
  { events, now }: { events: readonly NewEvent[]; now: Date },
): Promise<string[]> {
  // In one order, so that two publishers of the same events do not wait for each other.
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const rows = await tx.query<{ id: string }>(sql`
    insert into event (id, type, subject, data, event_time, create_time)
    select given.*, ${now}::timestamptz
    from unnest(
      ${sorted.map(({ id }) => id)}::text[], ${sorted.map(({ type }) => type)}::text[],
      ${sorted.map(({ subject }) => subject)}::text[], ${sorted.map(({ data }) => data)}::text[],
      ${sorted.map(({ eventTime }) => eventTime.toISOString())}::timestamptz[]
    ) as given
    where exists (select from endpoint)
    on conflict on constraint event_pkey do nothing
    returning id`);
  return rows.map(({ id }) => id);
}

/** Blots out what is known of these subjects: the events' data, and what endpoints answered to them. */
export async function eraseSubjects(tx: Queryable, subjects: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update event set data = '{}' where subject = any(${subjects}::text[]) and data <> '{}'`);
  await tx.execute(sql`
    update attempt set response = ''
    from delivery d join event e on e.id = d.event_id
    where e.subject = any(${subjects}::text[]) and attempt.delivery_id = d.id and attempt.response <> ''`);
}

/** Deletes events kept since before a time, with their deliveries, unless one of these is still to be made. */
export async function deleteOldEvents(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.execute(sql`
    delete from event where id in (
      select id from event e
      where create_time < ${before}
        and not exists (select from delivery d where d.event_id = e.id and d.state = 'PENDING')
      order by create_time
      limit ${limit}
    )`);
}
