import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { endHold } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { releaseHeld } from "../store-reservation.ts";

/** Gives the held units back. Safe to retry. */
export function release({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.release> {
  return async ({ reservationId }) =>
    toReservationMessage(
      await endHold(db, {
        id: reservationId,
        change: releaseHeld,
        reached: ["RELEASED", "EXPIRED", "RESTOCKED"],
      }),
    );
}
