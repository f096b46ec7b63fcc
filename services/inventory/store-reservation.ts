/**
 * Reservations. Lock order, the same in every transaction so that none can
 * deadlock another: stock rows by SKU and location, then reservation rows by id.
 */
import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
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

/** Locks, in the order of all, the stock rows on which reservations still hold units; returns how many. */
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
