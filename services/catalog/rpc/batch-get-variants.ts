import type { MethodImpl } from "@connectrpc/connect";
import type { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { toSellableVariant } from "../convert.ts";
import type { CatalogDeps } from "../service.ts";
import { findSellableVariants } from "../store-products.ts";

/** Returns the variants of the SKUs that are on sale; every reading of a cart calls this. */
export function batchGetVariants({
  db,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.batchGetVariants> {
  return async ({ skus }) => ({ variants: (await findSellableVariants(db, skus)).map(toSellableVariant) });
}
