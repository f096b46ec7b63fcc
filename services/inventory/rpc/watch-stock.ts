import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createWatch } from "../../../lib/watch/index.ts";
import { toStockLevel } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { StockEventIds } from "../stock-event-id.ts";
import { readLevels, type StockLevel } from "../store-watch.ts";

/** Sends what can be had of some SKUs, and again whenever that changes, by a sale or because a hold is due. */
export function watchStock({
  db,
  clock,
  watching,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.watchStock> {
  const watch = createWatch<StockLevel>({
    ...watching,
    read: (skus) => readLevels(db, { skus, now: clock() }),
    versionOf: unitsOf,
    changesInMs: ({ nextExpiry }) =>
      nextExpiry === null ? undefined : nextExpiry.getTime() - clock().getTime(),
  });
  return async function* ({ skus, lastEventId }, { signal }) {
    const eventIds = new StockEventIds(skus);
    const told = eventIds.parse(lastEventId);
    for await (const levels of watch.levels(skus, signal)) {
      // Also when a level has come back to what it was before the reader looked.
      const news = [...levels].filter(([sku, level]) => told.get(sku) !== unitsOf(level));
      if (news.length === 0) continue;
      for (const [sku, level] of news) told.set(sku, unitsOf(level));
      yield { eventId: eventIds.format(told), levels: news.map(([sku, level]) => toStockLevel(sku, level)) };
    }
  };
}

/** A SKU that was never stocked counts as 0. */
function unitsOf(level: StockLevel | undefined): bigint {
  return level?.available ?? 0n;
}
