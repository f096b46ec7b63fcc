import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toStockSummary } from "../convert.ts";
import { reportStock as readPage } from "../report.ts";
import type { InventoryDeps } from "../service.ts";

/** Reports each SKU's stock, what open orders demand of it, and how many units must be added. */
export function reportStock({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.reportStock> {
  return async (request) => {
    const { skus, shortOnly } = request;
    const filter = ["report", shortOnly, skus];
    const [after = ""] = decodePageToken({ token: request.pageToken, filter, like: ["text"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, {
      after,
      limit: pageSize,
      skus,
      shortOnly,
      now: clock(),
    });
    const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.sku] });
    return { items: page.map(toStockSummary), nextPageToken };
  };
}
