import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Stock, StockDelta } from "./stock.ts";

const stockColumns = sql`
  sku, location_id as "locationId", on_hand as "onHand", reserved,
  backorder_limit as "backorderLimit", owed, update_time as "updateTime"`;

/**
 * The columns as readers see them: units in holds that are due count as free,
 * because the next reservation that is short of them takes them over.
 */
export function freeColumns(now: Date): Sql {
  return sql`
    sku, location_id as "locationId", on_hand as "onHand",
    (reserved - coalesce((
      select sum(quantity) from hold h
      where h.sku = stock.sku and h.location_id = stock.location_id and h.expire_time <= ${now}
    ), 0))::bigint as reserved,
    backorder_limit as "backorderLimit", owed, update_time as "updateTime"`;
}

/** The counters of one SKU at one location. */
export async function findStock(
  db: Queryable,
  { sku, locationId, now }: { sku: string; locationId: string; now: Date },
): Promise<Stock | undefined> {
  const [row] = await db.query<Stock>(sql`
    select ${freeColumns(now)} from stock where sku = ${sku} and location_id = ${locationId}`);
  return row;
}

/** Units that can be reserved now, by SKU: those of all locations where sales are not paused. Locks nothing. */
export async function readAvailable(
  db: Queryable,
  { skus, now }: { skus: readonly string[]; now: Date },
): Promise<Map<string, bigint>> {
  const rows = await db.query<{ sku: string; available: bigint }>(sql`
    select sku, sum("onHand" + "backorderLimit" - reserved)::bigint as available
    from (select ${freeColumns(now)} from stock where sku = any(${skus}::text[])) free
    join location l on l.id = "locationId"
    where not l.paused
    group by sku`);
  return new Map(rows.map((row) => [row.sku, row.available]));
}

/** Locks and reads the counters of one SKU; nothing when it was never set. */
export async function lockStock(
  tx: Queryable,
  key: { sku: string; locationId: string },
): Promise<Stock | undefined> {
  const [row] = await tx.query<Stock>(sql`
    select ${stockColumns} from stock
    where sku = ${key.sku} and location_id = ${key.locationId} for update`);
  return row;
}

/** Locks and reads the counters of one SKU at some locations, in the order of all. */
export async function lockStockAt(
  tx: Queryable,
  { sku, locationIds }: { sku: string; locationIds: readonly string[] },
): Promise<Stock[]> {
  return tx.query<Stock>(sql`
    select ${stockColumns} from stock
    where sku = ${sku} and location_id = any(${locationIds}::text[])
    order by sku, location_id
    for update`);
}

/**
 * Makes a stock row of zeros where there is none.
 *
 * Errors: the foreign key stock_location when there is no such location.
 */
export async function ensureStock(tx: Queryable, key: { sku: string; locationId: string }): Promise<void> {
  await tx.query(sql`
    insert into stock (sku, location_id, on_hand) values (${key.sku}, ${key.locationId}, 0)
    on conflict on constraint stock_pkey do nothing`);
}

/**
 * Sets what is on hand and, when given, the backorder limit, and writes the
 * difference to the ledger. Units that were counted are there to be sold: whoever
 * was owed some has got them. Creates the row when there is none; concurrent
 * creators wait for each other on the primary key.
 *
 * Errors: the CHECK stock_reserved_range when less than is reserved remains;
 * the foreign key stock_location.
 */
export async function setStock(
  tx: Queryable,
  change: {
    sku: string;
    locationId: string;
    onHand: bigint;
    backorderLimit?: bigint | undefined;
    reason: string;
  },
): Promise<Stock> {
  const { sku, locationId, onHand, reason } = change;
  await ensureStock(tx, change);
  const before = await lockStock(tx, change);
  if (before === undefined) throw new Error(`stock row of ${sku} is neither new nor there`);
  const delivered = onHand > 0n ? before.owed : 0n;
  const limit = change.backorderLimit ?? before.backorderLimit + delivered;
  return writeStock(tx, {
    sku,
    locationId,
    delta: { onHand: onHand - before.onHand, backorder: limit - before.backorderLimit, owed: -delivered },
    reason,
  });
}

/**
 * Adds to the counters of an existing row and to the ledger in one statement.
 *
 * Errors: the CHECKs stock_on_hand_range and stock_reserved_range.
 */
export async function writeStock(
  tx: Queryable,
  change: { sku: string; locationId: string; delta: StockDelta; reason: string },
): Promise<Stock> {
  const { delta } = change;
  const [row] = await tx.query<Stock>(sql`
    with entry as (
      insert into ledger (sku, location_id, on_hand_delta, reserved_delta, backorder_delta, owed_delta, reason)
      values
        (${change.sku}, ${change.locationId}, ${delta.onHand}, 0, ${delta.backorder}, ${delta.owed}, ${change.reason})
    )
    update stock set
      on_hand = on_hand + ${delta.onHand},
      backorder_limit = backorder_limit + ${delta.backorder},
      owed = owed + ${delta.owed},
      update_time = now()
    where sku = ${change.sku} and location_id = ${change.locationId}
    returning ${stockColumns}`);
  if (row === undefined) throw new Error(`stock row of ${change.sku} vanished under its lock`);
  changed(tx, [row.sku]);
  return row;
}

/** One page of stock after a SKU and location, with one row more than asked for. */
export async function listStock(
  db: Queryable,
  page: { after: readonly [string, string]; limit: number; maxAvailable: bigint | undefined; now: Date },
): Promise<Stock[]> {
  const [sku, locationId] = page.after;
  return db.query<Stock>(sql`
    select * from (
      select ${freeColumns(page.now)} from stock
      where (sku, location_id) > (${sku}, ${locationId})
      order by sku, location_id
    ) s
    where ${page.maxAvailable ?? null}::bigint is null
      or "onHand" + "backorderLimit" - reserved <= ${page.maxAvailable ?? null}::bigint
    limit ${page.limit + 1}`);
}

/** A change of a counter, as the ledger keeps it. */
export interface LedgerRow {
  id: bigint;
  sku: string;
  locationId: string;
  onHandDelta: bigint;
  reservedDelta: bigint;
  backorderDelta: bigint;
  reason: string;
  reservationId: string | null;
  createTime: Date;
}

/** One page of a SKU's ledger below an id, the newest first, with one row more than asked for. */
export async function listLedger(
  db: Queryable,
  page: { sku: string; below: string | undefined; limit: number },
): Promise<LedgerRow[]> {
  return db.query<LedgerRow>(sql`
    select id, sku, location_id as "locationId", on_hand_delta as "onHandDelta",
      reserved_delta as "reservedDelta", backorder_delta as "backorderDelta", reason,
      reservation_id as "reservationId", create_time as "createTime"
    from ledger
    where sku = ${page.sku} and (${page.below ?? null}::bigint is null or id < ${page.below ?? null}::bigint)
    order by id desc
    limit ${page.limit + 1}`);
}
