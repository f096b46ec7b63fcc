import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toStockItem } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { orRefused } from "../stock-limits.ts";
import { setStock as writeSet } from "../store-stock.ts";

/** Sets what is on hand, as after a count. */
export function setStock({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.setStock> {
  return async (request, ctx) => {
    const { sku, onHand, backorderLimit } = request;
    const locationId = request.locationId || defaultLocation;
    const reason = request.reason || "count";
    const call = keyedCall(InventoryService.method.setStock, request, ctx);
    return orRefused({ sku, locationId }, () =>
      db.transaction((tx) =>
        once(tx, call, async () =>
          toStockItem(await writeSet(tx, { sku, locationId, onHand, backorderLimit, reason })),
        ),
      ),
    );
  };
}
