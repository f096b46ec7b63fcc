import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toStockItem } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { listStock as readPage } from "../store-stock.ts";

/** Lists stock by SKU and location. */
export function listStock({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.listStock> {
  return async (request) => {
    const { maxAvailable } = request;
    const filter = ["stock", maxAvailable];
    const [sku = "", locationId = ""] =
      decodePageToken({ token: request.pageToken, filter, like: ["text", "text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, {
      after: [sku, locationId],
      limit: pageSize,
      maxAvailable,
      now: clock(),
    });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [row.sku, row.locationId],
    });
    return { items: page.map(toStockItem), nextPageToken };
  };
}
