import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { reportStock } from "../report.ts";
import { csvHeader, csvLines } from "../report-csv.ts";
import type { InventoryDeps } from "../service.ts";

/** SKUs read with one statement, and sent as one piece. */
const pageSize = 1_000;

/** The report, whole, as CSV; page by page, so that its size costs no memory. */
export function exportStockReport({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.exportStockReport> {
  return async function* ({ shortOnly }, { signal }) {
    yield { contentType: "text/csv; charset=utf-8", data: csvHeader };
    for (let after: string | undefined = ""; after !== undefined; ) {
      signal.throwIfAborted();
      const rows = await reportStock(db, { after, limit: pageSize, skus: [], shortOnly, now: clock() });
      const page = rows.slice(0, pageSize);
      if (page.length > 0) yield { data: csvLines(page) };
      after = rows.length > pageSize ? page.at(-1)?.sku : undefined;
    }
  };
}
