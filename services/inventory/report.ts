import type { Queryable } from "../../lib/db/index.ts";
import { readSummaries, type StockSummary } from "./store-report.ts";

/** SKUs looked at with one statement when only some are wanted. */
const scanSize = 1_000;

/**
 * One page of the report: the SKUs after one, with one more than `limit`; those
 * that are `skus`, when given, and of which units must be added, when `shortOnly`.
 */
export async function reportStock(
  db: Queryable,
  page: { after: string; limit: number; skus: readonly string[]; shortOnly: boolean; now: Date },
): Promise<StockSummary[]> {
  const { after, limit, skus, shortOnly, now } = page;
  if (!shortOnly) return readSummaries(db, { after, limit: limit + 1, skus, now });
  const short: StockSummary[] = [];
  for (let from: string | undefined = after; from !== undefined && short.length <= limit; ) {
    const seen: StockSummary[] = await readSummaries(db, { after: from, limit: scanSize, skus, now });
    short.push(...seen.filter(({ shortfall }) => shortfall > 0n));
    from = seen.length < scanSize ? undefined : seen.at(-1)?.sku;
  }
  return short.slice(0, limit + 1);
}
