import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toStockItem } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { findStock } from "../store-stock.ts";

/** Returns the stock of one SKU. */
export function getStock({ db, clock }: InventoryDeps): MethodImpl<typeof InventoryService.method.getStock> {
  return async ({ sku, locationId }) => {
    const location = locationId || defaultLocation;
    const stock = await findStock(db, { sku, locationId: location, now: clock() });
    if (stock === undefined) throw fail("STOCK_NOT_FOUND", { sku, location_id: location });
    return toStockItem(stock);
  };
}
