import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { toReservationMessage } from "../convert.ts";
import { endHolds } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { maxBatch, type Reservation } from "../stock.ts";
import { commitHeld } from "../store-reservation.ts";

/**
 * Takes the held units off the stock for good. Safe to retry. Calls that
 * arrive while a transaction is under way share the next one.
 */
export function commit({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.commit> {
  const commitOne = createBatcher<string, Reservation>({
    maxItems: maxBatch,
    run: (ids) => endHolds(db, { ids, change: commitHeld, reached: ["COMMITTED"] }),
  });
  return async ({ reservationId }, { signal }) =>
    toReservationMessage(await commitOne(reservationId, { signal }));
}
