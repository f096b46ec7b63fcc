import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Stock } from "./stock.ts";
import { freeColumns } from "./store-stock.ts";

/** The counters of a SKU at each of its locations, as buyers see them: due holds count as free. */
export async function readStockOfSku(
  db: Queryable,
  { sku, now }: { sku: string; now: Date },
): Promise<Stock[]> {
  return db.query<Stock>(sql`
    select ${freeColumns(now)} from stock where sku = ${sku} order by location_id`);
}

/** Units that one reservation holds at one location. */
export interface HeldUnits {
  reservationId: string;
  locationId: string;
  quantity: bigint;
  expireTime: Date;
}

/** The holds on a SKU, the earliest to end first. */
export async function listHolds(
  db: Queryable,
  { sku, limit }: { sku: string; limit: number },
): Promise<HeldUnits[]> {
  return db.query<HeldUnits>(sql`
    select reservation_id as "reservationId", location_id as "locationId", quantity, expire_time as "expireTime"
    from hold
    where sku = ${sku}
    order by expire_time, reservation_id, location_id
    limit ${limit}`);
}

/** How many holds a SKU has, and how many units of them are due. */
export async function countHolds(
  db: Queryable,
  { sku, now }: { sku: string; now: Date },
): Promise<{ holds: bigint; due: bigint }> {
  const [row] = await db.query<{ holds: bigint; due: bigint }>(sql`
    select count(*) as holds, coalesce(sum(quantity) filter (where expire_time <= ${now}), 0)::bigint as due
    from hold
    where sku = ${sku}`);
  return row ?? { holds: 0n, due: 0n };
}
