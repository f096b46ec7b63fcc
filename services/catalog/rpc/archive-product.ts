import type { MethodImpl } from "@connectrpc/connect";
import { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { Queryable } from "../../../lib/db/index.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { toProduct } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import { archiveIfActive, findProduct } from "../store-products.ts";

/** Takes a product off sale. Safe to repeat; with a request_id the repetition gets the first answer. */
export function archiveProduct({
  db,
  clock,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.archiveProduct> {
  return async (request, ctx) => {
    const { productId, requestId } = request;
    const archive = async (on: Queryable) => {
      const row =
        (await archiveIfActive(on, { id: productId, now: clock() })) ?? (await findProduct(on, productId));
      if (row === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
      return toProduct(row);
    };
    if (requestId === "") return archive(db);
    const call = keyedCall(CatalogService.method.archiveProduct, request, ctx);
    return db.transaction((tx) => once(tx, call, () => archive(tx)));
  };
}
