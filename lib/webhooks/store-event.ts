import { json, type Queryable, sql } from "../db/index.ts";
import type { IncomingEvent, StoredEvent, WebhookEvent, WebhookState } from "./event.ts";

const eventColumns = sql`
  id, provider, provider_event_id as "providerEventId", type, subject, state, attempts, error, deliveries,
  receive_time as "receiveTime", apply_time as "applyTime"`;

/** An event that may not be in the inbox yet. */
export type IncomingOnce = IncomingEvent & Pick<WebhookEvent, "id" | "deliveries">;

/**
 * Stores events, of which no two have the same provider and id; one that is there already is counted once more.
 * Waits for whoever is storing the same at the moment. Those that are `applied` already are stored as such. Returns the
 * ids of the others that are new.
 */
export async function storeEvents(
  tx: Queryable,
  { events, now }: { events: readonly (IncomingOnce & { applied: boolean })[]; now: Date },
): Promise<string[]> {
  const offered = events.map((event) => ({ ...event, payload: undefined }));
  // json[] has no array form of its own in the driver: the payloads go as one document.
  const rows = await tx.query<{ id: string }>(sql`
    insert into webhook_event (id, provider, provider_event_id, type, subject, payload, deliveries,
      state, receive_time, update_time, apply_time)
    select id, provider, "providerEventId", type, subject, payload, deliveries,
      case when applied then 'APPLIED' else 'RECEIVED' end, ${now}, ${now},
      case when applied then ${now}::timestamptz end
    from rows from (
      json_to_recordset(${json(offered)}::json) as (id text, provider text, "providerEventId" text,
        type text, subject text, deliveries int, applied boolean),
      json_array_elements(${json(events.map((event) => event.payload))}::json)
    ) as event (id, provider, "providerEventId", type, subject, deliveries, applied, payload)
    order by provider, "providerEventId"
    on conflict on constraint webhook_event_provider_key
      do update set deliveries = webhook_event.deliveries + excluded.deliveries
    returning id`);
  const open = new Set(events.filter((event) => !event.applied).map((event) => event.id));
  return rows.map((row) => row.id).filter((id) => open.has(id));
}

/** Counts an attempt to apply the event and returns it; nothing when it is not waiting to be applied. */
export async function beginAttempt(
  db: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<StoredEvent | undefined> {
  const [event] = await db.query<StoredEvent>(sql`
    update webhook_event set attempts = attempts + 1, update_time = ${now}
    where id = ${id} and state = 'RECEIVED'
    returning payload, ${eventColumns}`);
  return event;
}

/** Records how an attempt ended, unless a later one has begun or the event was replayed meanwhile. */
export async function endAttempt(
  db: Queryable,
  {
    id,
    attempts,
    state,
    error,
    now,
  }: Pick<WebhookEvent, "id" | "attempts" | "state" | "error"> & { now: Date },
): Promise<void> {
  await db.execute(sql`
    update webhook_event set state = ${state}, error = ${error}, update_time = ${now},
      apply_time = case when ${state} = 'APPLIED' then ${now}::timestamptz end
    where id = ${id} and state = 'RECEIVED' and attempts = ${attempts}`);
}

/** Makes an event wait to be applied, as if it had just come. Nothing is returned when there is none. */
export async function reopenEvent(
  tx: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<WebhookEvent | undefined> {
  const [event] = await tx.query<WebhookEvent>(sql`
    update webhook_event
    set state = 'RECEIVED', attempts = 0, error = '', apply_time = null, update_time = ${now}
    where id = ${id}
    returning ${eventColumns}`);
  return event;
}

/** One page of events below an id, the newest first, with one row more than asked for. */
export async function listEvents(
  db: Queryable,
  page: { below: string | undefined; limit: number; state: WebhookState | undefined; subject: string },
): Promise<WebhookEvent[]> {
  return db.query<WebhookEvent>(sql`
    select ${eventColumns} from webhook_event
    where (${page.below ?? null}::text is null or id < ${page.below ?? null})
      and (${page.state ?? null}::text is null or state = ${page.state ?? null})
      and (${page.subject} = '' or subject = ${page.subject})
    order by id desc
    limit ${page.limit + 1}`);
}

/** Gives up events that nobody has touched since `before`: the process of their last attempt died in it. */
export async function buryStuckEvents(
  db: Queryable,
  { before, error, now }: { before: Date; error: string; now: Date },
): Promise<string[]> {
  const buried = await db.query<{ id: string }>(sql`
    update webhook_event set state = 'DEAD', error = ${error}, update_time = ${now}
    where state = 'RECEIVED' and update_time < ${before}
    returning id`);
  return buried.map((event) => event.id);
}

/** Deletes some of the events applied before a time; how many. */
export async function deleteApplied(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const deleted = await db.query(sql`
    delete from webhook_event where id in (
      select id from webhook_event where state = 'APPLIED' and apply_time < ${before}
      limit ${limit} for update skip locked
    ) returning id`);
  return deleted.length;
}
