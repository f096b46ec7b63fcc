import type { MethodImpl } from "@connectrpc/connect";
import { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toProduct } from "../convert.ts";
import type { CatalogDeps } from "../service.ts";
import { insertCategoriesOf, insertProduct, insertVariants, publishProduct } from "../store-products.ts";
import { checkTogether } from "../update-mask.ts";

/** Creates a product with its variants, on sale at once. Safe to retry with a request_id. */
export function createProduct({
  db,
  clock,
}: CatalogDeps): MethodImpl<typeof CatalogService.method.createProduct> {
  return async (request, ctx) => {
    const { product } = request;
    if (product === undefined)
      throw invalidArgument([{ field: "product", description: "value is required" }]);
    checkTogether(product);
    const call = keyedCall(CatalogService.method.createProduct, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const id = newId("prod");
        await insertProduct(tx, { id, product, now: clock() });
        await insertCategoriesOf(tx, id, product.categoryIds);
        await insertVariants(tx, id, product.variants);
        return toProduct(await publishProduct(tx, id));
      }),
    );
  };
}
