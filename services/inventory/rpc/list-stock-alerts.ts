import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toStockAlert } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { listAlerts } from "../store-alert.ts";

/** Lists alerts of low stock, the newest first. */
export function listStockAlerts({
  db,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.listStockAlerts> {
  return async (request) => {
    const { openOnly } = request;
    const filter = ["alerts", openOnly];
    const cursor = decodePageToken({ token: request.pageToken, filter, like: ["time", "text"] });
    const pageSize = pageSizeOf(request.pageSize);
    const before = cursor && ([new Date(cursor[0]), cursor[1]] as const);
    const rows = await listAlerts(db, { before, limit: pageSize, openOnly });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [row.createTime.getTime(), row.id],
    });
    return { alerts: page.map(toStockAlert), nextPageToken };
  };
}
