import type { MethodImpl } from "@connectrpc/connect";
import type { InventoryService } from "../../../gen/rowlock/inventory/v1/inventory_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import type { InventoryDeps } from "../service.ts";
import { readAvailable } from "../store-stock.ts";

/** Calls that share one statement at most. */
const maxCalls = 64;

/**
 * Says for each line how many units could be had now. Every reading of a cart
 * calls this, so calls that come at the same time share a statement.
 */
export function checkAvailability({
  db,
  clock,
}: InventoryDeps): MethodImpl<typeof InventoryService.method.checkAvailability> {
  const readFree = createBatcher<readonly string[], ReadonlyMap<string, bigint>>({
    maxItems: maxCalls,
    lanes: 2,
    run: async (calls) => {
      const skus = [...new Set(calls.flat())];
      const free = await readAvailable(db, { skus, now: clock() });
      return calls.map(() => free);
    },
  });
  return async ({ lines }) => {
    const free = await readFree(lines.map((line) => line.sku));
    const answers = lines.map(({ sku, quantity }) => {
      const left = free.get(sku) ?? 0n;
      return { sku, requested: quantity, available: left, missing: left < quantity ? quantity - left : 0n };
    });
    return { lines: answers, available: answers.every((line) => line.missing === 0n) };
  };
}
