import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toStockItem } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { orRefused } from "../stock-limits.ts";
import { transfer } from "../transfer.ts";

/** Moves units that nobody holds from one location to another. Safe to retry with a request_id. */
export function transferStock({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.transferStock> {
  return async (request, ctx) => {
    const { sku, fromLocationId: from, toLocationId: to, quantity } = request;
    const call = keyedCall(InventoryService.method.transferStock, request, ctx);
    return orRefused({ sku, locationId: to }, () =>
      db.transaction((tx) =>
        once(tx, call, async () => {
          const moved = await transfer(tx, { sku, from, to, quantity, now: clock() });
          return { from: toStockItem(moved.from), to: toStockItem(moved.to) };
        }),
      ),
    );
  };
}
