import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService, SellableVariant } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { createBatcher } from "../../../lib/batch.ts";
import { toSellableVariant } from "../convert.ts";
import type { CatalogDeps } from "../service.ts";
import { findSellableVariants } from "../store-products.ts";

/** Calls that share one statement at most. */
const maxCalls = 64;

/**
 * Returns the variants of the SKUs that are on sale. Every reading of a cart
 * calls this, so calls that come at the same time share a statement.
 */
export function batchGetVariants({
  db,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.batchGetVariants> {
  const find = createBatcher<readonly string[], ReadonlyMap<string, SellableVariant>>({
    maxItems: maxCalls,
    lanes: 2,
    run: async (calls) => {
      const rows = await findSellableVariants(db, [...new Set(calls.flat())]);
      const bySku = new Map(rows.map(toSellableVariant).map((found) => [found.variant?.sku ?? "", found]));
      return calls.map(() => bySku);
    },
  });
  return async ({ skus }) => {
    const bySku = await find(skus);
    return { variants: skus.flatMap((sku) => bySku.get(sku) ?? []) };
  };
}
