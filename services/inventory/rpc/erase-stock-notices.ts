import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { InventoryDeps } from "../service.ts";
import { eraseNotices } from "../store-notice.ts";

/** Forgets who asked for notices. Safe to repeat. */
export function eraseStockNotices({
  db,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.eraseStockNotices> {
  return async ({ emails }) => {
    await eraseNotices(db, emails);
    return {};
  };
}
