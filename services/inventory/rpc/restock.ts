import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { repeated } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { lockStockUnder, restockCommitted } from "../store-reservation.ts";

/** Puts the units of a committed reservation back on hand. Safe to retry. */
export function restock({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.restock> {
  return async ({ reservationId: id }) => {
    const { state } = await repeated(db, { id, reached: ["COMMITTED", "RESTOCKED"] });
    const restocked =
      state === "COMMITTED" &&
      (await db.transaction(async (tx) => {
        await lockStockUnder(tx, id);
        return restockCommitted(tx, id);
      }));
    return toReservationMessage(restocked || (await repeated(db, { id, reached: ["RESTOCKED"] })));
  };
}
