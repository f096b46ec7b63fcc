import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import type { Hold } from "../allot.ts";
import { fromLines, toReservationMessage } from "../convert.ts";
import { reserveAll } from "../reserve.ts";
import type { InventoryDeps } from "../service.ts";
import { maxBatch, type Reservation } from "../stock.ts";

/**
 * Holds units of every line, or of none. Safe to retry. Calls that arrive
 * while a transaction is under way share the next one.
 */
export function reserve({ db, clock }: InventoryDeps): MethodImpl<typeof InventoryService.method.reserve> {
  const hold = createBatcher<Hold, Reservation>({
    maxItems: maxBatch,
    run: (holds) => reserveAll(db, { holds, now: clock() }),
  });
  return async ({ reservationId, lines, ttl }, { signal }) => {
    const expireTime = new Date(clock().getTime() + (ttl === undefined ? 0 : durationMs(ttl)));
    return toReservationMessage(
      await hold({ id: reservationId, lines: fromLines(lines), expireTime }, { signal }),
    );
  };
}
