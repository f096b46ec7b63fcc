/** How deliveries are shared out among processes, and how their attempts end. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Attempt, EventContent } from "./delivery.ts";
import type { SealedSecrets } from "./endpoint.ts";

/** An attempt that has begun. */
export interface Claim {
  deliveryId: string;
  /** How many attempts there have been since the delivery was last asked for, this one included. */
  roundAttempts: number;
  /** With `leaseUntil` the fence: whoever was taken for dead, or was overtaken by a replay, decides nothing. */
  attemptCount: number;
  leaseUntil: Date;
  event: EventContent;
  endpoint: SealedSecrets & { url: string };
}

/**
 * Begins attempts of what is due: of each enabled endpoint as many as it has room for beyond those under way here, the
 * longest due first. What another process has taken is passed over; until `leaseUntil` the attempt counts as alive.
 */
export async function claimDue(
  db: Queryable,
  {
    running,
    perEndpoint,
    leaseUntil,
    now,
  }: { running: ReadonlyMap<string, number>; perEndpoint: number; leaseUntil: Date; now: Date },
): Promise<Claim[]> {
  type Row = Omit<Claim, "event" | "endpoint" | "leaseUntil"> &
    Omit<EventContent, "id"> &
    Omit<SealedSecrets, "id"> & { eventId: string; endpointId: string; url: string };
  const rows = await db.query<Row>(sql`
    with room as (
      select p.id, ${perEndpoint}::bigint - coalesce(running.count, 0) as count
      from endpoint p
      left join unnest(${[...running.keys()]}::text[], ${[...running.values()]}::bigint[]) as running (id, count)
        on running.id = p.id
      where not p.disabled
    ), due as (
      select due.id from room, lateral (
        select d.id from delivery d
        where d.endpoint_id = room.id and d.state = 'PENDING' and d.due_time <= ${now}
        order by d.due_time
        limit greatest(room.count, 0)
        for update skip locked
      ) due
    )
    update delivery d set
      attempt_count = attempt_count + 1, round_attempts = round_attempts + 1, due_time = ${leaseUntil}
    from due, event e, endpoint p
    where d.id = due.id and e.id = d.event_id and p.id = d.endpoint_id
    returning d.id as "deliveryId", d.round_attempts as "roundAttempts", d.attempt_count as "attemptCount",
      e.id as "eventId", e.type, e.data, e.event_time as "eventTime", p.id as "endpointId", p.url, p.secret,
      p.previous_secret as "previousSecret", p.previous_expire_time as "previousExpireTime"`);
  return rows.map((row) => ({
    deliveryId: row.deliveryId,
    roundAttempts: row.roundAttempts,
    attemptCount: row.attemptCount,
    leaseUntil,
    event: { id: row.eventId, type: row.type, data: row.data, eventTime: row.eventTime },
    endpoint: {
      id: row.endpointId,
      url: row.url,
      secret: row.secret,
      previousSecret: row.previousSecret,
      previousExpireTime: row.previousExpireTime,
    },
  }));
}

const isMine = ({ deliveryId, attemptCount, leaseUntil }: Claim) => sql`
  id = ${deliveryId} and attempt_count = ${attemptCount} and due_time = ${leaseUntil}`;

/** Logs how an attempt went, if its delivery is still kept. */
export async function insertAttempt(tx: Queryable, { deliveryId }: Claim, attempt: Attempt): Promise<void> {
  await tx.execute(sql`
    insert into attempt (delivery_id, status_code, error, response, duration_ms, attempt_time)
    select id, ${attempt.statusCode}::int, ${attempt.error}, ${attempt.response}, ${attempt.durationMs}::int,
      ${attempt.attemptTime}::timestamptz
    from delivery where id = ${deliveryId}`);
}

/** The end of an attempt that was acknowledged. */
export async function markDelivered(tx: Queryable, claim: Claim): Promise<void> {
  await tx.execute(sql`
    update delivery set state = 'DELIVERED', due_time = null where ${isMine(claim)}`);
}

/** The end of an attempt that was not: the next one is due at a time, or there is none. */
export async function markFailed(tx: Queryable, claim: Claim, nextTime: Date | undefined): Promise<void> {
  await tx.execute(sql`
    update delivery set
      state = ${nextTime === undefined ? "FAILED" : "PENDING"}, due_time = ${nextTime ?? null}::timestamptz
    where ${isMine(claim)}`);
}

/** Takes the beginning of an attempt back: it did not come to its end because the process stops. */
export async function handBack(db: Queryable, claim: Claim, now: Date): Promise<void> {
  await db.execute(sql`
    update delivery set round_attempts = round_attempts - 1, due_time = ${now} where ${isMine(claim)}`);
}
