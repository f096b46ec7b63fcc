import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { endHold } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { commitHeld } from "../store-reservation.ts";

/** Takes the held units off the stock for good. Safe to retry. */
export function commit({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.commit> {
  return async ({ reservationId }) =>
    toReservationMessage(
      await endHold(db, { id: reservationId, change: commitHeld, reached: ["COMMITTED"] }),
    );
}
