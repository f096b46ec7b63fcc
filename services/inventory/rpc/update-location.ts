import { createValidator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { callerKey, once } from "../../../lib/idempotency/idempotency.ts";
import { toLocation } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { updateLocation as writeLocation } from "../store-location.ts";
import { readChange } from "../update-mask.ts";

/** Changes the fields of a location that the mask names. Safe to retry with a request_id. */
export function updateLocation({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.updateLocation> {
  const validator = createValidator();
  return async (request, ctx) => {
    const { id, content } = readChange(validator, request);
    const call = {
      method: InventoryService.method.updateLocation,
      caller: callerKey(ctx),
      key: request.requestId,
      request,
    };
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const updated = await writeLocation(tx, { ...content, id, now: clock() });
        if (updated === undefined) throw fail("LOCATION_NOT_FOUND", { location_id: id });
        return toLocation(updated);
      }),
    );
  };
}
