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

/** Summaries of the SKUs after one, of `skus` when given; `limit` at most, by SKU. */
export async function readSummaries(
  db: Queryable,
  { after, limit, skus, now }: { after: string; limit: number; skus: readonly string[]; now: Date },
): Promise<StockSummary[]> {
  const among = skus.length === 0 ? sql`` : sql`and sku = any(${skus}::text[])`;
  // The SKUs of the page first: what is summed of the others would be for nothing.
  return db.query<StockSummary>(sql`
    with page as (
      select distinct sku from stock where sku > ${after} ${among} order by sku limit ${limit}
    ), summed as (
      select sku, sum("onHand")::bigint as on_hand, sum(reserved)::bigint as reserved, sum(owed)::bigint as owed,
        coalesce(sum("onHand" + "backorderLimit" - reserved) filter (where not l.paused), 0)::bigint as available
      from (select ${freeColumns(now)} from stock where sku in (select sku from page)) free
      join location l on l.id = "locationId"
      group by sku
    )
    select sku, on_hand as "onHand", reserved, available, reserved + owed as demanded,
      greatest(reserved + owed + coalesce(threshold, 0) - on_hand, 0) as shortfall, threshold,
      (select count(*) from stock_notice n where n.sku = summed.sku) as waiting
    from summed left join stock_threshold using (sku)
    order by sku`);
}
