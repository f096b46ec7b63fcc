import { type Queryable, sql } from "../../lib/db/index.ts";
import { freeColumns } from "./store-stock.ts";

/** What can be had of a SKU. */
export interface StockLevel {
  available: bigint;
  /** When a counter last changed. */
  updateTime: Date;
  /** When the next hold is due, whose units are free from then on. */
  nextExpiry: Date | null;
}

/** What can be had of the SKUs where sales are not paused. SKUs that were never stocked are left out. */
export async function readLevels(
  db: Queryable,
  { skus, now }: { skus: readonly string[]; now: Date },
): Promise<Map<string, StockLevel>> {
  const rows = await db.query<StockLevel & { sku: string }>(sql`
    select sku, max("updateTime") as "updateTime",
      coalesce(sum("onHand" + "backorderLimit" - reserved) filter (where not l.paused), 0)::bigint as available,
      min("nextExpiry") filter (where not l.paused) as "nextExpiry"
    from (
      select ${freeColumns(now)}, (
        select min(expire_time) from hold h
        where h.sku = stock.sku and h.location_id = stock.location_id and h.expire_time > ${now}
      ) as "nextExpiry"
      from stock where sku = any(${skus}::text[])
    ) free
    join location l on l.id = "locationId"
    group by sku`);
  return new Map(rows.map(({ sku, ...level }) => [sku, level]));
}
