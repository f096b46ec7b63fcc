import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { findReservations } from "../store-reservation.ts";

/** Returns one reservation. */
export function getReservation({
  db,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.getReservation> {
  return async ({ reservationId }) => {
    const [reservation] = await findReservations(db, [reservationId]);
    if (reservation === undefined) throw fail("RESERVATION_NOT_FOUND", { reservation_id: reservationId });
    return toReservationMessage(reservation);
  };
}
