import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { insertNotice } from "../store-notice.ts";
import { readLevels } from "../store-watch.ts";

/**
 * Notes who wants to hear, once, that a SKU can be had again. The answer is the
 * same whether or not they had asked before. Safe to retry.
 */
export function requestStockNotice({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.requestStockNotice> {
  return async (request, ctx) => {
    const { sku, email, language } = request;
    const call = keyedCall(InventoryService.method.requestStockNotice, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const now = clock();
        const level = (await readLevels(tx, { skus: [sku], now })).get(sku);
        if (level === undefined) throw fail("STOCK_NOT_FOUND", { sku, location_id: defaultLocation });
        if (level.available > 0n) {
          throw fail("STOCK_AVAILABLE", { sku, available: String(level.available) });
        }
        await insertNotice(tx, { id: newId("ntc"), sku, email, language, now });
        return {};
      }),
    );
  };
}
