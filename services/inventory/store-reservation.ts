/**
 * Reservations. Lock order, the same in every transaction so that none can
 * deadlock another: stock rows by SKU, then reservation rows by id.
 */
import { type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Hold, Reservation, ReservationState, Stock } from "./stock.ts";

interface ReservationRow {
  id: string;
  state: ReservationState;
  skus: string[];
  quantities: bigint[];
  expireTime: Date;
  createTime: Date;
}

const reservationColumns = sql`
  id, state, skus, quantities, expire_time as "expireTime", create_time as "createTime"`;

/** The reservations with these ids, unlocked, in no particular order. */
export async function findReservations(db: Queryable, ids: readonly string[]): Promise<Reservation[]> {
  const rows = await db.query<ReservationRow>(sql`
    select ${reservationColumns} from reservation where id = any(${ids}::text[])`);
  return rows.map(toReservation);
}

/** Locks the stock rows of the SKUs in SKU order. SKUs without a row are absent from the answer. */
export async function lockStockOf(
  tx: Queryable,
  { skus, locationId }: { skus: string[]; locationId: string },
): Promise<Stock[]> {
  return tx.query<Stock>(sql`
    select sku, location_id as "locationId", on_hand as "onHand", reserved,
      backorder_limit as "backorderLimit", owed, update_time as "updateTime"
    from stock
    where sku = any(${skus}::text[]) and location_id = ${locationId}
    order by sku
    for update`);
}

/**
 * Frees the units of due holds on stock rows that the caller has locked, and
 * ends their reservations. Units of the same reservations on other SKUs stay
 * counted until somebody who has locked those rows frees them. Nobody is told:
 * readers count due holds as free already.
 */
export async function expireDueHolds(
  tx: Queryable,
  { skus, locationId, now }: { skus: string[]; locationId: string; now: Date },
): Promise<void> {
  await tx.query(sql`
    with due as (
      select reservation_id, sku, location_id from hold
      where sku = any(${skus}::text[]) and location_id = ${locationId} and expire_time <= ${now}
    ), ended as (
      update reservation set state = 'EXPIRED'
      where id in (select r.id from reservation r
                   where r.id in (select reservation_id from due)
                     and r.state in ('HELD', 'EXPIRED') and r.expire_time <= ${now}
                   order by r.id for update)
      returning id
    ), freed as (
      delete from hold h using due, ended
      where h.reservation_id = due.reservation_id and h.sku = due.sku
        and h.location_id = due.location_id and ended.id = due.reservation_id
      returning h.sku, h.location_id, h.quantity, h.reservation_id
    ), entries as (
      insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
      select sku, location_id, 0, -quantity, 'expire', reservation_id from freed
    )
    update stock s set reserved = s.reserved - f.units, update_time = now()
    from (select sku, location_id, sum(quantity) as units from freed group by sku, location_id) f
    where s.sku = f.sku and s.location_id = f.location_id`);
}

/** When the earliest hold on each SKU ends. */
export async function earliestExpiries(
  tx: Queryable,
  { skus, locationId }: { skus: string[]; locationId: string },
): Promise<Map<string, Date>> {
  const rows = await tx.query<{ sku: string; expireTime: Date }>(sql`
    select sku, min(expire_time) as "expireTime" from hold
    where sku = any(${skus}::text[]) and location_id = ${locationId}
    group by sku`);
  return new Map(rows.map((row) => [row.sku, row.expireTime]));
}

/**
 * Writes reservations, their holds, the counters and the ledger in one
 * statement, on stock rows that the caller has locked and found sufficient.
 *
 * Errors: unique violation of reservation_pkey when an id is taken; a
 * concurrent writer of the same id is waited for.
 */
export async function insertReservations(
  tx: Queryable,
  { holds, locationId, now }: { holds: readonly Hold[]; locationId: string; now: Date },
): Promise<Reservation[]> {
  if (holds.length === 0) return [];
  const made = holds.map(({ id, lines, expireTime }) => ({
    ...{ id, lines: [...lines], expireTime },
    state: "HELD" as const,
    createTime: now,
  }));
  const lines = holds.flatMap((hold) => hold.lines.map((line) => ({ ...line, hold })));
  const units = new Map<string, bigint>();
  for (const { sku, quantity } of lines) units.set(sku, (units.get(sku) ?? 0n) + quantity);
  const [ids, skus, quantities] = [
    lines.map((line) => line.hold.id),
    lines.map((line) => line.sku),
    lines.map((line) => line.quantity),
  ];
  await tx.execute(sql`
    with made as (
      insert into reservation (id, state, skus, quantities, expire_time, create_time)
      select id, 'HELD', skus::text[], quantities::bigint[], expire_time, ${now} from unnest(
        ${holds.map((hold) => hold.id)}::text[], ${holds.map(({ lines }) => arrayText(lines.map((line) => line.sku)))}::text[],
        ${holds.map(({ lines }) => arrayText(lines.map((line) => String(line.quantity))))}::text[],
        ${holds.map((hold) => hold.expireTime)}::timestamptz[]
      ) as h (id, skus, quantities, expire_time)
    ), held as (
      insert into hold (reservation_id, sku, location_id, quantity, expire_time)
      select id, sku, ${locationId}, quantity, expire_time from unnest(
        ${ids}::text[], ${skus}::text[], ${quantities}::bigint[], ${lines.map((line) => line.hold.expireTime)}::timestamptz[]
      ) as l (id, sku, quantity, expire_time)
    ), entries as (
      insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
      select sku, ${locationId}, 0, quantity, 'reserve', id
      from unnest(${ids}::text[], ${skus}::text[], ${quantities}::bigint[]) as l (id, sku, quantity)
    )
    update stock s set reserved = s.reserved + l.units, update_time = now()
    from unnest(${[...units.keys()]}::text[], ${[...units.values()]}::bigint[]) as l (sku, units)
    where s.sku = l.sku and s.location_id = ${locationId}`);
  changed(tx, [...units.keys()]);
  return made;
}

/** An array of SKUs or numbers as Postgres writes it: an array of arrays of different lengths is none of its types. */
function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => JSON.stringify(value)).join(",")}}`;
}

/** Locks, in SKU order, the stock rows on which reservations still hold units; returns how many. */
export async function lockHeldStock(tx: Queryable, ids: readonly string[]): Promise<number> {
  const rows = await tx.query(sql`
    select 1 as locked from stock
    where (sku, location_id) in (select sku, location_id from hold where reservation_id = any(${ids}::text[]))
    order by sku, location_id
    for update`);
  return rows.length;
}

/**
 * Takes held units off the stock: what is on hand first, the rest off the
 * backorder limit, which is owed from then on; in the order of the ids. Returns those that were HELD;
 * nothing happens to the others. The caller has locked the stock rows.
 */
export async function commitHeld(tx: Queryable, ids: readonly string[]): Promise<Reservation[]> {
  const rows = await tx.query<ReservationRow>(sql`
    with done as (
      update reservation set state = 'COMMITTED'
      where id in (select id from reservation where id = any(${ids}::text[]) and state = 'HELD' order by id for update)
      returning ${reservationColumns}
    ), taken as (
      delete from hold h using done where h.reservation_id = done.id
      returning h.sku, h.location_id, h.quantity, h.reservation_id
    ), split as (
      select t.*, greatest(0, least(t.quantity, s.on_hand - (sum(t.quantity) over earlier - t.quantity)))::bigint as from_hand
      from taken t join stock s using (sku, location_id)
      window earlier as (partition by t.sku, t.location_id order by t.reservation_id)
    ), entries as (
      insert into ledger
        (sku, location_id, on_hand_delta, reserved_delta, backorder_delta, owed_delta, reason, reservation_id)
      select sku, location_id, -from_hand, -quantity, from_hand - quantity, quantity - from_hand, 'commit', reservation_id
      from split
    ), counted as (
      update stock s set
        on_hand = s.on_hand - t.from_hand,
        reserved = s.reserved - t.units,
        backorder_limit = s.backorder_limit - (t.units - t.from_hand),
        owed = s.owed + (t.units - t.from_hand),
        update_time = now()
      from (select sku, location_id, sum(quantity) as units, sum(from_hand) as from_hand
            from split group by sku, location_id) t
      where s.sku = t.sku and s.location_id = t.location_id
    )
    select * from done`);
  return toReservations(tx, rows);
}

/** Gives held units back. Returns the reservations that were HELD. The caller has locked the stock rows. */
export async function releaseHeld(tx: Queryable, ids: readonly string[]): Promise<Reservation[]> {
  const rows = await tx.query<ReservationRow>(sql`
    with done as (
      update reservation set state = 'RELEASED'
      where id in (select id from reservation where id = any(${ids}::text[]) and state = 'HELD' order by id for update)
      returning ${reservationColumns}
    ), freed as (
      delete from hold h using done where h.reservation_id = done.id
      returning h.sku, h.location_id, h.quantity, h.reservation_id
    ), entries as (
      insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
      select sku, location_id, 0, -quantity, 'release', reservation_id from freed
    ), counted as (
      update stock s set reserved = s.reserved - f.units, update_time = now()
      from (select sku, location_id, sum(quantity) as units from freed group by sku, location_id) f
      where s.sku = f.sku and s.location_id = f.location_id
    )
    select * from done`);
  return toReservations(tx, rows);
}

/** Moves a hold's end, never to an earlier time. Nothing is returned unless it is HELD. */
export async function extendHeld(
  tx: Queryable,
  { id, expireTime }: { id: string; expireTime: Date },
): Promise<Reservation | undefined> {
  const [row] = await tx.query<ReservationRow>(sql`
    with done as (
      update reservation set expire_time = greatest(expire_time, ${expireTime}::timestamptz)
      where id = ${id} and state = 'HELD'
      returning ${reservationColumns}
    ), moved as (
      update hold h set expire_time = done."expireTime" from done where h.reservation_id = done.id
    )
    select * from done`);
  return row === undefined ? undefined : toReservations(tx, [row])[0];
}

/**
 * Puts the units of a committed reservation back: to whom some are owed, and
 * the rest on hand. Nothing is returned unless it was COMMITTED. The caller has
 * locked the stock rows.
 */
export async function restockCommitted(
  tx: Queryable,
  { id, locationId }: { id: string; locationId: string },
): Promise<Reservation | undefined> {
  const [row] = await tx.query<ReservationRow>(sql`
    with done as (
      update reservation set state = 'RESTOCKED' where id = ${id} and state = 'COMMITTED'
      returning ${reservationColumns}
    ), line as (
      select l.sku, l.quantity, least(l.quantity, s.owed) as owed
      from done, unnest(done.skus, done.quantities) as l (sku, quantity)
      join stock s on s.sku = l.sku and s.location_id = ${locationId}
    ), entries as (
      insert into ledger
        (sku, location_id, on_hand_delta, reserved_delta, backorder_delta, owed_delta, reason, reservation_id)
      select sku, ${locationId}, quantity - owed, 0, owed, -owed, 'restock', ${id} from line
    ), counted as (
      update stock s set
        on_hand = s.on_hand + line.quantity - line.owed,
        backorder_limit = s.backorder_limit + line.owed,
        owed = s.owed - line.owed,
        update_time = now()
      from line where s.sku = line.sku and s.location_id = ${locationId}
    )
    select * from done`);
  return row === undefined ? undefined : toReservations(tx, [row])[0];
}

/** SKUs and locations with due holds, at most `limit`, in lock order. */
export async function findDueStock(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<{ sku: string; locationId: string }[]> {
  return db.query(sql`
    select distinct sku, location_id as "locationId" from hold
    where expire_time <= ${now}
    order by sku, location_id
    limit ${limit}`);
}

/** Locks one stock row unless somebody else has it; false when it is busy. */
export async function tryLockStock(
  tx: Queryable,
  key: { sku: string; locationId: string },
): Promise<boolean> {
  const rows = await tx.query(sql`
    select 1 as locked from stock
    where sku = ${key.sku} and location_id = ${key.locationId}
    for update skip locked`);
  return rows.length === 1;
}

/** Reservations whose units a statement has just moved. */
function toReservations(tx: Queryable, rows: readonly ReservationRow[]): Reservation[] {
  changed(tx, [...new Set(rows.flatMap((row) => row.skus))]);
  return rows.map(toReservation);
}

function toReservation(row: ReservationRow): Reservation {
  const lines = row.skus.map((sku, i) => ({ sku, quantity: row.quantities[i] ?? 0n }));
  return { id: row.id, state: row.state, lines, expireTime: row.expireTime, createTime: row.createTime };
}
