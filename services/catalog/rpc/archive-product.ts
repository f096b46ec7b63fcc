import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { toProduct } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { archiveIfActive, findProduct } from "../store-products.ts";

/** Takes a product off sale. Safe to repeat. */
export function archiveProduct({
  db,
  clock,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.archiveProduct> {
  return async ({ productId }) => {
    const row =
      (await archiveIfActive(db, { id: productId, now: clock() })) ?? (await findProduct(db, productId));
    if (row === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
    return toProduct(row);
  };
}
