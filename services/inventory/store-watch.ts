import { type Queryable, sql } from "../../lib/db/index.ts";
import { available, type Stock } from "./stock.ts";
import { freeColumns } from "./store-stock.ts";

/** What can be had of a SKU. */
export interface StockLevel {
  available: bigint;
  /** When a counter last changed. */
  updateTime: Date;
  /** When the next hold is due, whose units are free from then on. */
  nextExpiry: Date | null;
}

/** What can be had of the SKUs at one location. SKUs that were never stocked are left out. */
export async function readLevels(
  db: Queryable,
  { skus, locationId, now }: { skus: readonly string[]; locationId: string; now: Date },
): Promise<Map<string, StockLevel>> {
  const rows = await db.query<Stock & { nextExpiry: Date | null }>(sql`
    select ${freeColumns(now)}, (
      select min(expire_time) from hold h
      where h.sku = stock.sku and h.location_id = stock.location_id and h.expire_time > ${now}
    ) as "nextExpiry"
    from stock
    where sku = any(${skus}::text[]) and location_id = ${locationId}`);
  return new Map(
    rows.map((row) => [
      row.sku,
      { available: available(row), updateTime: row.updateTime, nextExpiry: row.nextExpiry },
    ]),
  );
}
