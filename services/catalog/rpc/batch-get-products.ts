import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { toProduct } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { findProducts } from "../store-products.ts";

/** Returns several products in the order asked for; all or nothing. */
export function batchGetProducts({
  db,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.batchGetProducts> {
  return async ({ productIds }) => {
    const rows = new Map((await findProducts(db, productIds)).map((row) => [row.id, row]));
    const products = productIds.map((id) => {
      const row = rows.get(id);
      if (row === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: id });
      return toProduct(row);
    });
    return { products };
  };
}
