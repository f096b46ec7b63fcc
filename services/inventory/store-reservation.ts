/**
 * Reservations. Lock order, the same in every transaction so that none can
 * deadlock another: stock rows by SKU and location, then reservation rows by id.
 */
import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Placed, Share, Shelf } from "./allot.ts";
import { defaultLocation, type Reservation, type ReservationState } from "./stock.ts";

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

/** Locks the stock rows of the SKUs, at all locations. SKUs without a row are absent from the answer. */
export async function lockStockOf(tx: Queryable, skus: readonly string[]): Promise<Shelf[]> {
  return tx.query<Shelf>(sql`
    select s.sku, s.location_id as "locationId", s.on_hand as "onHand", s.reserved,
      s.backorder_limit as "backorderLimit", l.priority, l.paused
    from stock s join location l on l.id = s.location_id
    where s.sku = any(${skus}::text[])
    order by s.sku, s.location_id
    for update of s`);
}

/**
 * Frees the units of due holds on stock rows that the caller has locked, of the
 * SKUs at one location or at all, and ends their reservations. Units of the same
 * reservations elsewhere stay counted until somebody who has locked those rows frees them. Nobody is told:
 * readers count due holds as free already.
 */
export async function expireDueHolds(
  tx: Queryable,
  { skus, locationId, now }: { skus: readonly string[]; locationId?: string; now: Date },
): Promise<void> {
  const there = locationId === undefined ? sql`` : sql`and location_id = ${locationId}`;
  await tx.query(sql`
    with due as (
      select reservation_id, sku, location_id from hold
      where sku = any(${skus}::text[]) and expire_time <= ${now} ${there}
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

/** When the earliest hold on each SKU ends, where sales are not paused. */
export async function earliestExpiries(tx: Queryable, skus: readonly string[]): Promise<Map<string, Date>> {
  const rows = await tx.query<{ sku: string; expireTime: Date }>(sql`
    select h.sku, min(h.expire_time) as "expireTime"
    from hold h join location l on l.id = h.location_id
    where h.sku = any(${skus}::text[]) and not l.paused
    group by h.sku`);
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
  { holds, now }: { holds: readonly Placed[]; now: Date },
): Promise<Reservation[]> {
  if (holds.length === 0) return [];
  const made = holds.map(({ id, lines, expireTime }) => ({
    ...{ id, lines: [...lines], expireTime },
    state: "HELD" as const,
    createTime: now,
  }));
  const shares = holds.flatMap((hold) => hold.shares.map((share) => ({ ...share, hold })));
  const units = new Map<string, Share>();
  for (const { sku, locationId, quantity } of shares) {
    const key = `${sku} ${locationId}`;
    units.set(key, { sku, locationId, quantity: (units.get(key)?.quantity ?? 0n) + quantity });
  }
  const counted = [...units.values()];
  const [ids, skus, places, quantities] = [
    shares.map((share) => share.hold.id),
    shares.map((share) => share.sku),
    shares.map((share) => share.locationId),
    shares.map((share) => share.quantity),
  ];
  await tx.execute(sql`
    with made as (
      insert into reservation (id, state, skus, quantities, locations, expire_time, create_time)
      select id, 'HELD', skus::text[], quantities::bigint[], locations::text[], expire_time, ${now} from unnest(
        ${holds.map((hold) => hold.id)}::text[],
        ${holds.map(({ shares }) => arrayText(shares.map((share) => share.sku)))}::text[],
        ${holds.map(({ shares }) => arrayText(shares.map((share) => String(share.quantity))))}::text[],
        ${holds.map(({ shares }) => locationsOf(shares))}::text[],
        ${holds.map((hold) => hold.expireTime)}::timestamptz[]
      ) as h (id, skus, quantities, locations, expire_time)
    ), held as (
      insert into hold (reservation_id, sku, location_id, quantity, expire_time)
      select id, sku, location_id, quantity, expire_time from unnest(
        ${ids}::text[], ${skus}::text[], ${places}::text[], ${quantities}::bigint[],
        ${shares.map((share) => share.hold.expireTime)}::timestamptz[]
      ) as l (id, sku, location_id, quantity, expire_time)
    ), entries as (
      insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
      select sku, location_id, 0, quantity, 'reserve', id
      from unnest(${ids}::text[], ${skus}::text[], ${places}::text[], ${quantities}::bigint[])
        as l (id, sku, location_id, quantity)
    )
    update stock s set reserved = s.reserved + l.units, update_time = now()
    from unnest(
      ${counted.map((share) => share.sku)}::text[], ${counted.map((share) => share.locationId)}::text[],
      ${counted.map((share) => share.quantity)}::bigint[]
    ) as l (sku, location_id, units)
    where s.sku = l.sku and s.location_id = l.location_id`);
  changed(tx, [...new Set(counted.map((share) => share.sku))]);
  return made;
}

/** Where the units are; null when all of them are at `main`, as in most shops. */
function locationsOf(shares: readonly Share[]): string | null {
  if (shares.every((share) => share.locationId === defaultLocation)) return null;
  return arrayText(shares.map((share) => share.locationId));
}

/** An array of SKUs, locations or numbers as Postgres writes it: an array of arrays of different lengths is none of its types. */
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

/** What a reservation takes, one row for each SKU and location. */
export const sharesOf = (reservation: Sql) => sql`
  (select sku, quantity, coalesce(location_id, ${defaultLocation}) as location_id
   from unnest(${reservation}.skus, ${reservation}.quantities, ${reservation}.locations)
     as share (sku, quantity, location_id))`;

/** Locks the stock rows that a reservation takes units from, held or not. */
export async function lockStockUnder(tx: Queryable, id: string): Promise<void> {
  await tx.query(sql`
    select 1 as locked from stock
    where (sku, location_id) in (
      select l.sku, l.location_id from reservation r cross join lateral ${sharesOf(sql`r`)} l where r.id = ${id}
    )
    order by sku, location_id
    for update`);
}

/**
 * Puts the units of a committed reservation back where they were: to whom some
 * are owed, and the rest on hand. Nothing is returned unless it was COMMITTED.
 * The caller has locked the stock rows.
 */
export async function restockCommitted(tx: Queryable, id: string): Promise<Reservation | undefined> {
  const [row] = await tx.query<ReservationRow>(sql`
    with done as (
      update reservation set state = 'RESTOCKED' where id = ${id} and state = 'COMMITTED'
      returning ${reservationColumns}, locations
    ), line as (
      select l.sku, l.location_id, l.quantity, least(l.quantity, s.owed) as owed
      from done cross join lateral ${sharesOf(sql`done`)} l
      join stock s on s.sku = l.sku and s.location_id = l.location_id
    ), entries as (
      insert into ledger
        (sku, location_id, on_hand_delta, reserved_delta, backorder_delta, owed_delta, reason, reservation_id)
      select sku, location_id, quantity - owed, 0, owed, -owed, 'restock', ${id} from line
    ), counted as (
      update stock s set
        on_hand = s.on_hand + line.quantity - line.owed,
        backorder_limit = s.backorder_limit + line.owed,
        owed = s.owed - line.owed,
        update_time = now()
      from line where s.sku = line.sku and s.location_id = line.location_id
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
  const units = new Map<string, bigint>();
  row.skus.forEach((sku, i) => units.set(sku, (units.get(sku) ?? 0n) + (row.quantities[i] ?? 0n)));
  const lines = [...units].map(([sku, quantity]) => ({ sku, quantity }));
  return { id: row.id, state: row.state, lines, expireTime: row.expireTime, createTime: row.createTime };
}
