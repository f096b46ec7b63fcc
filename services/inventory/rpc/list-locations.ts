import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toLocation } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { listLocations as readAll } from "../store-location.ts";

/** Lists all locations, the highest priority first. */
export function listLocations({
  db,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.listLocations> {
  return async () => ({ locations: (await readAll(db)).map(toLocation) });
}
