import { durationMs } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toReservationMessage } from "../convert.ts";
import { repeated } from "../end-reservation.ts";
import type { InventoryDeps } from "../service.ts";
import { extendHeld } from "../store-reservation.ts";

/** Moves the time at which a hold ends. Safe to retry. */
export function extend({ db, clock }: InventoryDeps): MethodImpl<typeof InventoryService.method.extend> {
  return async ({ reservationId: id, ttl }) => {
    const expireTime = new Date(clock().getTime() + (ttl === undefined ? 0 : durationMs(ttl)));
    let extended = await extendHeld(db, { id, expireTime });
    if (extended === undefined) {
      // Reserved after we looked for it: then it is there now.
      await repeated(db, { id, reached: ["HELD"] });
      extended = await extendHeld(db, { id, expireTime });
    }
    return toReservationMessage(extended ?? (await repeated(db, { id, reached: [] })));
  };
}
