import { type Queryable, sql } from "../../lib/db/index.ts";
import { freeColumns } from "./store-stock.ts";

/** A SKU's stock at all locations. */
export interface StockSummary {
  sku: string;
  onHand: bigint;
  /** Held by reservations that are not due. */
  reserved: bigint;
  /** At all locations where sales are not paused. */
  available: bigint;
  demanded: bigint;
  shortfall: bigint;
  /** Null: the SKU is not watched. */
  threshold: bigint | null;
  /** Customers who wait for a notice. */
  waiting: bigint;
}

/**
 * The SKUs after one, with one more than `limit`: those that are `skus`, when
 * given, and of which units must be added, when `shortOnly`.
 */
export async function reportStock(
  db: Queryable,
  page: { after: string; limit: number; skus: readonly string[]; shortOnly: boolean; now: Date },
): Promise<StockSummary[]> {
  const { after, limit, skus, shortOnly, now } = page;
  const among = skus.length === 0 ? sql`` : sql`and sku = any(${skus}::text[])`;
  return db.query<StockSummary>(sql`
    select sku, "onHand", reserved, available, demanded, greatest(missing, 0) as shortfall, threshold,
      (select count(*) from stock_notice n where n.sku = summary.sku) as waiting
    from (
      select sku, s.on_hand as "onHand", s.reserved, s.available, s.reserved + s.owed as demanded,
        s.reserved + s.owed + coalesce(t.threshold, 0) - s.on_hand as missing, t.threshold
      from (
        select sku, sum("onHand")::bigint as on_hand, sum(reserved)::bigint as reserved, sum(owed)::bigint as owed,
          coalesce(sum("onHand" + "backorderLimit" - reserved) filter (where not l.paused), 0)::bigint as available
        from (select ${freeColumns(now)} from stock where sku > ${after} ${among} order by sku) free
        join location l on l.id = "locationId"
        group by sku
      ) s
      left join stock_threshold t using (sku)
    ) summary
    where not ${shortOnly} or missing > 0
    order by sku
    limit ${limit + 1}`);
}
