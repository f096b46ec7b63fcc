import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { toLedgerEntry, toStockItem } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { InventoryDeps } from "../service.ts";
import { defaultLocation } from "../stock.ts";
import { countHolds, listHolds, readStockOfSku } from "../store-explain.ts";
import { listLedger } from "../store-stock.ts";

const maxHolds = 200;
const maxEntries = 50;

/** Says why a SKU has the units available that it has, from one snapshot: what it lists adds up. */
export function explainAvailability({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.explainAvailability> {
  return async ({ sku }) => {
    const now = clock();
    const [stock, holds, count, entries] = await db.transaction(
      (tx) =>
        Promise.all([
          readStockOfSku(tx, { sku, now }),
          listHolds(tx, { sku, limit: maxHolds }),
          countHolds(tx, { sku, now }),
          listLedger(tx, { sku, below: undefined, limit: maxEntries }),
        ]),
      { isolation: "repeatable read", readOnly: true },
    );
    if (stock.length === 0) throw fail("STOCK_NOT_FOUND", { sku, location_id: defaultLocation });
    return {
      sku,
      stock: stock.map(toStockItem),
      holds: holds.map(({ expireTime, ...hold }) => ({
        ...hold,
        expireTime: timestampFromDate(expireTime),
        due: expireTime <= now,
      })),
      holdCount: count.holds,
      due: count.due,
      ledger: entries.slice(0, maxEntries).map(toLedgerEntry),
    };
  };
}
