import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { decodePageToken, pageSizeOf, paginate } from "../../../lib/paging/paging.ts";
import { toLedgerEntry } from "../convert.ts";
import type { InventoryDeps } from "../service.ts";
import { listLedger as readPage } from "../store-stock.ts";

/** Lists the ledger of one SKU, the newest entry first. */
export function listLedger({ db }: InventoryDeps): MethodImpl<typeof InventoryService.method.listLedger> {
  return async (request) => {
    const { sku } = request;
    const filter = ["ledger", sku];
    const [below] = decodePageToken({ token: request.pageToken, filter, like: ["bigint"] }) ?? [];
    const pageSize = pageSizeOf(request.pageSize);
    const rows = await readPage(db, { sku, below, limit: pageSize });
    const { page, nextPageToken } = paginate({
      rows,
      pageSize,
      filter,
      cursorOf: (row) => [String(row.id)],
    });
    return { entries: page.map(toLedgerEntry), nextPageToken };
  };
}
