import { createValidator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, LocationSchema } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { readNamed, required } from "../../../lib/update-mask.ts";
import { toLocation } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { updateLocation as writeLocation } from "../store-location.ts";

const changeable = ["name", "priority", "paused"] as const;

/** Changes the fields of a location that the mask names. Safe to retry with a request_id. */
export function updateLocation({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.updateLocation> {
  const validator = createValidator();
  return async (request, ctx) => {
    const resource = required(request.location, "location");
    const { id } = resource;
    const content = readNamed({
      schema: LocationSchema,
      resource,
      field: "location",
      mask: request.updateMask,
      changeable,
      validator,
      fail,
    });
    const call = keyedCall(InventoryService.method.updateLocation, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const updated = await writeLocation(tx, { ...content, id, now: clock() });
        if (updated === undefined) throw fail("LOCATION_NOT_FOUND", { location_id: id });
        return toLocation(updated);
      }),
    );
  };
}
