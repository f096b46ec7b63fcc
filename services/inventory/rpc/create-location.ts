import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toLocation } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { insertLocation } from "../store-location.ts";

/** Makes a location. Safe to retry with a request_id. */
export function createLocation({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.createLocation> {
  return async (request, ctx) => {
    const { location } = request;
    // The validation rules require it; a caller that gets past them is told so, too.
    if (location === undefined)
      throw invalidArgument([{ field: "location", description: "value is required" }]);
    const { id, name, priority, paused } = location;
    const call = keyedCall(InventoryService.method.createLocation, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const made = await insertLocation(tx, { id, name, priority, paused, now: clock() });
        if (made === undefined) throw fail("LOCATION_EXISTS", { location_id: id });
        return toLocation(made);
      }),
    );
  };
}
