import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import type { Attempt, Delivery, DeliveryState, EventContent } from "./delivery.ts";

/** The columns of a {@link Delivery}; `d` is the delivery, `e` its event. */
const deliveryColumns = sql`
  d.id, d.endpoint_id as "endpointId", d.event_id as "eventId", e.type as "eventType", e.subject, d.state,
  d.attempt_count as "attemptCount", d.due_time as "dueTime", e.event_time as "eventTime"`;

/** Whether the endpoint `p` is told of events like `e`. */
const wanted = sql`
  (p.event_types = '{}' or e.type = any(p.event_types) or split_part(e.type, '.', 1) || '.*' = any(p.event_types))`;

/** Pairs of endpoint and event that are written with one statement. */
const writtenAtOnce = 5_000;

/** Adds the deliveries of new events to every enabled endpoint that wants them; how many. */
export async function insertDeliveries(
  tx: Queryable,
  { eventIds, now }: { eventIds: readonly string[]; now: Date },
): Promise<number> {
  // The lock lets nobody disable or change an endpoint until what it is told of is there.
  const pairs = await tx.query<Pair>(sql`
    select p.id as "endpointId", e.id as "eventId"
    from endpoint p join event e on ${wanted}
    where not p.disabled and e.id = any(${eventIds}::text[])
    for share of p`);
  return writePairs(tx, { pairs, now });
}

/** Adds the deliveries that an endpoint has missed since a time because it was disabled; how many. */
export async function insertMissed(
  tx: Queryable,
  { endpointId, since, now }: { endpointId: string; since: Date; now: Date },
): Promise<number> {
  const pairs = await tx.query<Pair>(sql`
    select p.id as "endpointId", e.id as "eventId"
    from endpoint p join event e on e.create_time >= greatest(${since}::timestamptz, p.create_time) and ${wanted}
    where p.id = ${endpointId}
      and not exists (select from delivery d where d.endpoint_id = p.id and d.event_id = e.id)`);
  return writePairs(tx, { pairs, now });
}

interface Pair {
  endpointId: string;
  eventId: string;
}

async function writePairs(
  tx: Queryable,
  { pairs, now }: { pairs: readonly Pair[]; now: Date },
): Promise<number> {
  let count = 0;
  for (let from = 0; from < pairs.length; from += writtenAtOnce) {
    const some = pairs.slice(from, from + writtenAtOnce);
    count += await tx.execute(sql`
      insert into delivery (id, endpoint_id, event_id, due_time)
      select id, endpoint_id, event_id, ${now}::timestamptz
      from unnest(
        ${some.map(() => newId("dlv"))}::text[], ${some.map(({ endpointId }) => endpointId)}::text[],
        ${some.map(({ eventId }) => eventId)}::text[]
      ) as pair (id, endpoint_id, event_id)
      on conflict on constraint delivery_once do nothing`);
  }
  return count;
}

/** Begins a fresh set of attempts, whatever became of the delivery. An attempt under way no longer decides. */
export async function reopenDelivery(
  tx: Queryable,
  { id, now }: { id: string; now: Date },
): Promise<Delivery | undefined> {
  const [row] = await tx.query<Delivery>(sql`
    update delivery d set state = 'PENDING', round_attempts = 0, due_time = ${now}
    from event e where d.id = ${id} and e.id = d.event_id
    returning ${deliveryColumns}`);
  return row;
}

/** As {@link reopenDelivery}, all of an endpoint's that were given up, of events since a time; how many. */
export async function reopenFailed(
  tx: Queryable,
  { endpointId, since, now }: { endpointId: string; since: Date; now: Date },
): Promise<number> {
  return tx.execute(sql`
    update delivery d set state = 'PENDING', round_attempts = 0, due_time = ${now}
    from event e
    where d.endpoint_id = ${endpointId} and d.state = 'FAILED' and e.id = d.event_id and e.create_time >= ${since}`);
}

/** Gives up what an endpoint has not been told yet: it is disabled. */
export async function giveUpPending(tx: Queryable, endpointId: string): Promise<void> {
  await tx.execute(sql`
    update delivery set state = 'FAILED', due_time = null where endpoint_id = ${endpointId} and state = 'PENDING'`);
}

/** One delivery, with what is sent. */
export async function findDelivery(
  db: Queryable,
  id: string,
): Promise<(Delivery & { event: EventContent }) | undefined> {
  const [row] = await db.query<Delivery & { data: string }>(sql`
    select ${deliveryColumns}, e.data
    from delivery d join event e on e.id = d.event_id
    where d.id = ${id}`);
  if (row === undefined) return undefined;
  const { data, ...delivery } = row;
  const { eventId, eventType: type, eventTime } = delivery;
  return { ...delivery, event: { id: eventId, type, eventTime, data } };
}

/** The latest attempts of a delivery, the oldest first. */
export async function listAttempts(
  db: Queryable,
  { deliveryId, limit }: { deliveryId: string; limit: number },
): Promise<Attempt[]> {
  const rows = await db.query<Attempt>(sql`
    select status_code as "statusCode", error, response, duration_ms as "durationMs", attempt_time as "attemptTime"
    from attempt where delivery_id = ${deliveryId} order by id desc limit ${limit}`);
  return rows.toReversed();
}

/** One page of deliveries below an id, the newest first. */
export async function listDeliveryPage(
  db: Queryable,
  page: {
    below: string | undefined;
    limit: number;
    endpointId: string;
    state: DeliveryState | undefined;
    subject: string;
  },
): Promise<Delivery[]> {
  const filters: Sql[] = [sql`true`];
  if (page.below !== undefined) filters.push(sql`d.id < ${page.below}`);
  if (page.endpointId !== "") filters.push(sql`d.endpoint_id = ${page.endpointId}`);
  if (page.state !== undefined) filters.push(sql`d.state = ${page.state}`);
  if (page.subject !== "") filters.push(sql`e.subject = ${page.subject}`);
  const where = filters.reduce((all, filter) => sql`${all} and ${filter}`);
  return db.query<Delivery>(sql`
    select ${deliveryColumns}
    from delivery d join event e on e.id = d.event_id
    where ${where}
    order by d.id desc
    limit ${page.limit}`);
}
