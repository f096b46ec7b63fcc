import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toStockSummary } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { setThreshold } from "../store-alert.ts";
import { readSummaries } from "../store-report.ts";

/** Sets at how many available units a SKU runs low. Safe to retry. */
export function setLowStockThreshold({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.setLowStockThreshold> {
  return async (request, ctx) => {
    const { sku, threshold } = request;
    const call = keyedCall(InventoryService.method.setLowStockThreshold, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const now = clock();
        await setThreshold(tx, { sku, threshold, now });
        const [summary] = await readSummaries(tx, { after: "", limit: 1, skus: [sku], now });
        if (summary === undefined) throw fail("STOCK_NOT_FOUND", { sku, location_id: defaultLocation });
        return toStockSummary(summary);
      }),
    );
  };
}
