/**
 * Holds: what Reserve and the sweep need. The lock order is that of
 * store-reservation.ts.
 */
import { type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Placed, Share, Shelf } from "./allot.ts";
import { defaultLocation, type Reservation } from "./stock.ts";

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
