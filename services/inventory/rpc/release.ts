import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { toReservationMessage } from "../convert.ts";
import { endHolds } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { maxBatch, type Reservation } from "../stock.ts";
import { releaseHeld } from "../store-reservation.ts";

/**
 * Gives the held units back. Safe to retry. Calls that arrive while a
 * transaction is under way share the next one.
 */
export function release({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.release> {
  const releaseOne = createBatcher<string, Reservation>({
    maxItems: maxBatch,
    run: (ids) => endHolds(db, { ids, change: releaseHeld, reached: ["RELEASED", "EXPIRED", "RESTOCKED"] }),
  });
  return async ({ reservationId }, { signal }) =>
    toReservationMessage(await releaseOne(reservationId, { signal }));
}
