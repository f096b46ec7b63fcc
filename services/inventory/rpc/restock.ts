import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { repeated } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { lockStockOf, restockCommitted } from "../store-reservation.ts";

/** Puts the units of a committed reservation back on hand. Safe to retry. */
export function restock({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.restock> {
  return async ({ reservationId: id }) => {
    const { state, lines } = await repeated(db, { id, reached: ["COMMITTED", "RESTOCKED"] });
    const restocked =
      state === "COMMITTED" &&
      (await db.transaction(async (tx) => {
        await lockStockOf(tx, { skus: lines.map((line) => line.sku), locationId: defaultLocation });
        return restockCommitted(tx, { id, locationId: defaultLocation });
      }));
    return toReservationMessage(restocked || (await repeated(db, { id, reached: ["RESTOCKED"] })));
  };
}
