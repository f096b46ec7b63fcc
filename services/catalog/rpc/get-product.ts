import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { toProduct } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { findProduct } from "../store-products.ts";

/** Returns one product, archived or not. */
export function getProduct({ db }: CatalogDeps): MethodImpl<typeof CatalogService.method.getProduct> {
  return async ({ productId }) => {
    const row = await findProduct(db, productId);
    if (row === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
    return toProduct(row);
  };
}
