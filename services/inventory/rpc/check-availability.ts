import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import type { InventoryDeps } from "../service.ts";
import { available, defaultLocation } from "../stock.ts";
import { readStock } from "../store-stock.ts";

/** Says for each line how many units could be had now. */
export function checkAvailability({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.checkAvailability> {
  return async ({ lines }) => {
    const skus = lines.map((line) => line.sku);
    const rows = await readStock(db, { skus, locationId: defaultLocation, now: clock() });
    const free = new Map(rows.map((row) => [row.sku, available(row)]));
    const answers = lines.map(({ sku, quantity }) => {
      const left = free.get(sku) ?? 0n;
      return { sku, requested: quantity, available: left, missing: left < quantity ? quantity - left : 0n };
    });
    return { lines: answers, available: answers.every((line) => line.missing === 0n) };
  };
}
