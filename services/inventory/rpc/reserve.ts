import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { fromLines, toReservationMessage } from "../convert.ts";
import { reserveAll } from "../reserve.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";

/** Holds units of every line, or of none. Safe to retry. */
export function reserve({ db, clock }: InventoryDeps): MethodImpl<typeof InventoryService.method.reserve> {
  return async ({ reservationId, lines, ttl }) => {
    const now = clock();
    const hold = {
      id: reservationId,
      lines: fromLines(lines),
      locationId: defaultLocation,
      now,
      expireTime: new Date(now.getTime() + (ttl === undefined ? 0 : durationMs(ttl))),
    };
    return toReservationMessage(await db.transaction((tx) => reserveAll(tx, hold)));
  };
}
