/**
 * What Reconcile reads and writes. Each reading is one statement and so sees
 * every transaction wholly or not at all: counters, holds and ledger agree in
 * it whatever goes on beside it.
 */
import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Balance, Counters, HoldDifference, Repair, StockKey } from "./reconcile.ts";
import { sharesOf } from "./store-reservation.ts";

/**
 * The next SKUs, in order, that stock, holds or the ledger know of. The
 * distinct SKUs of the ledger are found by jumping along its index.
 */
export async function listSkus(
  db: Queryable,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const rows = await db.query<{ sku: string }>(sql`
    with recursive entered as (
      (select sku from ledger where sku > ${after} order by sku limit 1)
      union all
      select (select l.sku from ledger l where l.sku > e.sku order by l.sku limit 1)
      from entered e where e.sku is not null
    )
    select sku from (
      (select distinct sku from stock where sku > ${after} order by sku limit ${limit})
      union
      (select distinct sku from hold where sku > ${after} order by sku limit ${limit})
      union
      (select sku from entered where sku is not null limit ${limit})
    ) known
    order by sku
    limit ${limit}`);
  return rows.map((row) => row.sku);
}

interface BalanceRow extends StockKey {
  onHand: bigint;
  reserved: bigint;
  backorder: bigint;
  owed: bigint;
  ledgerOnHand: bigint;
  ledgerReserved: bigint;
  ledgerBackorder: bigint;
  ledgerOwed: bigint;
  held: bigint;
}

/** Counters beside the sums of ledger and holds, for each location of the SKUs; a missing stock row counts as zeros. */
export async function readBalances(db: Queryable, skus: readonly string[]): Promise<Balance[]> {
  const rows = await db.query<BalanceRow>(sql`
    select sku, location_id as "locationId",
      coalesce(s.on_hand, 0) as "onHand", coalesce(s.reserved, 0) as reserved,
      coalesce(s.backorder_limit, 0) as backorder, coalesce(s.owed, 0) as owed,
      coalesce(l.on_hand, 0) as "ledgerOnHand", coalesce(l.reserved, 0) as "ledgerReserved",
      coalesce(l.backorder, 0) as "ledgerBackorder", coalesce(l.owed, 0) as "ledgerOwed", coalesce(h.units, 0) as held
    from (select * from stock where sku = any(${skus}::text[])) s
    full join (
      select sku, location_id, sum(on_hand_delta)::bigint as on_hand, sum(reserved_delta)::bigint as reserved,
        sum(backorder_delta)::bigint as backorder, sum(owed_delta)::bigint as owed
      from ledger where sku = any(${skus}::text[]) group by sku, location_id
    ) l using (sku, location_id)
    full join (
      select sku, location_id, sum(quantity)::bigint as units
      from hold where sku = any(${skus}::text[]) group by sku, location_id
    ) h using (sku, location_id)
    order by sku, location_id`);
  return rows.map((row) => ({
    sku: row.sku,
    locationId: row.locationId,
    stock: { onHand: row.onHand, reserved: row.reserved, backorder: row.backorder, owed: row.owed },
    ledger: {
      onHand: row.ledgerOnHand,
      reserved: row.ledgerReserved,
      backorder: row.ledgerBackorder,
      owed: row.ledgerOwed,
    },
    held: row.held,
  }));
}

const differenceColumns = sql`sku, location_id as "locationId", reservation_id as "reservationId", expected, found`;

/**
 * Holds of more units than their reservations have a right to: `limit` at
 * most. The rest of an expired reservation counts until its stock row is swept
 * or needed, so it is no difference unless it ends after `dueBy`.
 */
export async function findExcessHolds(
  db: Queryable,
  { skus, dueBy, limit }: { skus: readonly string[]; dueBy: Date; limit: number },
): Promise<HoldDifference[]> {
  return db.query<HoldDifference>(sql`
    select ${differenceColumns}, false as due from (
      select h.sku, h.location_id, h.reservation_id, h.quantity as found, coalesce((
          select l.quantity from ${sharesOf(sql`r`)} l
          where l.sku = h.sku and l.location_id = h.location_id
            and (r.state = 'HELD' or r.state = 'EXPIRED' and h.expire_time <= ${dueBy})
        ), 0) as expected
      from hold h left join reservation r on r.id = h.reservation_id
      where h.sku = any(${skus}::text[])
    ) d
    where found > expected
    order by sku, location_id, reservation_id
    limit ${limit}`);
}

/**
 * HELD reservations of which fewer units are held than they say: `limit` at
 * most, of these SKUs, when given, and among these reservations, when given.
 */
export async function findMissingHolds(
  db: Queryable,
  {
    skus,
    reservationIds,
    now,
    limit,
  }: { skus?: readonly string[]; reservationIds?: readonly string[]; now: Date; limit: number },
): Promise<HoldDifference[]> {
  const among: Sql = reservationIds === undefined ? sql`` : sql`and r.id = any(${reservationIds}::text[])`;
  const ofSkus: Sql =
    skus === undefined ? sql`` : sql`and r.skus && ${skus}::text[] and l.sku = any(${skus}::text[])`;
  return db.query<HoldDifference>(sql`
    select ${differenceColumns}, due from (
      select l.sku, l.location_id, r.id as reservation_id, l.quantity as expected,
        coalesce(h.quantity, 0) as found, r.expire_time <= ${now} as due
      from reservation r cross join lateral ${sharesOf(sql`r`)} l
      left join hold h on h.reservation_id = r.id and h.sku = l.sku and h.location_id = l.location_id
      where r.state = 'HELD' ${among} ${ofSkus}
    ) d
    where found < expected
    order by sku, reservation_id, location_id
    limit ${limit}`);
}

/** Makes a location that holds or the ledger know of, and nobody has made: nothing is sold from it. */
export async function ensureLocation(tx: Queryable, id: string): Promise<void> {
  await tx.query(sql`
    insert into location (id, name, priority, paused, create_time, update_time)
    values (${id}, ${id}, 0, true, now(), now())
    on conflict on constraint location_pkey do nothing`);
}

/** Locks reservations in id order; after the stock row, as everywhere. */
export async function lockReservations(tx: Queryable, ids: readonly string[]): Promise<void> {
  await tx.query(
    sql`select 1 as locked from reservation where id = any(${ids}::text[]) order by id for update`,
  );
}

/** Writes a repair to a stock row that the caller has locked: holds, ended reservations, ledger, counters. */
export async function writeRepair(tx: Queryable, key: StockKey, repair: Repair): Promise<void> {
  const { counters, released, reheld, ended, entries } = repair;
  await Promise.all([
    cutHolds(tx, key, released),
    restoreHolds(tx, key, reheld),
    tx.query(
      sql`update reservation set state = 'EXPIRED' where id = any(${ended}::text[]) and state = 'HELD'`,
    ),
    enter(tx, key, entries),
    setCounters(tx, key, counters),
  ]);
  changed(tx, [key.sku]);
}

async function cutHolds(tx: Queryable, key: StockKey, released: readonly HoldDifference[]): Promise<void> {
  await tx.query(sql`
    with cut as (
      select * from unnest(
        ${released.map((hold) => hold.reservationId)}::text[], ${released.map((hold) => hold.expected)}::bigint[]
      ) as c (reservation_id, quantity)
    ), gone as (
      delete from hold h using cut
      where h.reservation_id = cut.reservation_id and h.sku = ${key.sku} and h.location_id = ${key.locationId}
        and cut.quantity = 0
    )
    update hold h set quantity = cut.quantity from cut
    where h.reservation_id = cut.reservation_id and h.sku = ${key.sku} and h.location_id = ${key.locationId}
      and cut.quantity > 0`);
}

async function restoreHolds(tx: Queryable, key: StockKey, reheld: readonly HoldDifference[]): Promise<void> {
  await tx.query(sql`
    insert into hold (reservation_id, sku, location_id, quantity, expire_time)
    select r.id, ${key.sku}, ${key.locationId}, l.quantity, r.expire_time
    from unnest(
      ${reheld.map((hold) => hold.reservationId)}::text[], ${reheld.map((hold) => hold.expected)}::bigint[]
    ) as l (id, quantity) join reservation r using (id)
    on conflict on constraint hold_pkey do update set quantity = excluded.quantity`);
}

async function enter(tx: Queryable, key: StockKey, entries: Repair["entries"]): Promise<void> {
  await tx.query(sql`
    insert into ledger (sku, location_id, on_hand_delta, reserved_delta, reason, reservation_id)
    select ${key.sku}, ${key.locationId}, 0, units, 'reconcile', reservation_id
    from unnest(
      ${entries.map((entry) => entry.reservedDelta)}::bigint[], ${entries.map((entry) => entry.reservationId)}::text[]
    ) as e (units, reservation_id)`);
}

async function setCounters(tx: Queryable, key: StockKey, counters: Counters): Promise<void> {
  await tx.query(sql`
    update stock set on_hand = ${counters.onHand}, reserved = ${counters.reserved},
      backorder_limit = ${counters.backorder}, owed = ${counters.owed}, update_time = now()
    where sku = ${key.sku} and location_id = ${key.locationId}`);
}
