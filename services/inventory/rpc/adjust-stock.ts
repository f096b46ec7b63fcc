import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toStockItem } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { arrival, defaultLocation } from "../stock.ts";
import { orRefused } from "../stock-limits.ts";
import { lockStock, writeStock } from "../store-stock.ts";

/** Adds to or takes from what is on hand. */
export function adjustStock({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.adjustStock> {
  return async (request, ctx) => {
    const { sku, delta, reason } = request;
    const locationId = request.locationId || defaultLocation;
    const call = keyedCall(InventoryService.method.adjustStock, request, ctx);
    return orRefused({ sku, locationId }, () =>
      db.transaction((tx) =>
        once(tx, call, async () => {
          const stock = await lockStock(tx, { sku, locationId });
          if (stock === undefined) throw fail("STOCK_NOT_FOUND", { sku, location_id: locationId });
          return toStockItem(await writeStock(tx, { sku, locationId, delta: arrival(stock, delta), reason }));
        }),
      ),
    );
  };
}
