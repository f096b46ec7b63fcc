import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { CatalogService } from "../../../gen/rowlock/catalog/v1/catalog_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { etagOf, toProduct } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { CatalogDeps } from "../service.ts";
import {
  deleteCategoriesOf,
  deleteVariantsOf,
  insertCategoriesOf,
  insertVariants,
  lockProduct,
  publishProduct,
  updateProductRow,
} from "../store-products.ts";
import { checkChange, merge, readChange } from "../update-mask.ts";

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the
 * second finds another revision and fails. Safe to retry with a request_id, etag or not.
 */
export function updateProduct({
  db,
  clock,
  validator,
}: CatalogDeps & { validator: Validator }): MethodImpl<typeof CatalogService.method.updateProduct> {
  return async (request, ctx) => {
    const change = readChange(request);
    const { productId, fields } = change;
    const call = keyedCall(CatalogService.method.updateProduct, request, ctx);
    return db.transaction((tx) =>
      once(tx, call, async () => {
        const present = await lockProduct(tx, productId);
        if (present === undefined) throw fail("PRODUCT_NOT_FOUND", { product_id: productId });
        const etag = etagOf(present.revision);
        if (change.etag !== "" && change.etag !== etag) {
          throw fail("ETAG_MISMATCH", { product_id: productId, etag });
        }
        const product = merge(toProduct(present), change);
        checkChange(validator, product, fields);
        await updateProductRow(tx, { id: productId, product, now: clock() });
        if (fields.has("category_ids")) {
          await deleteCategoriesOf(tx, productId);
          await insertCategoriesOf(tx, productId, product.categoryIds);
        }
        if (fields.has("variants")) {
          await deleteVariantsOf(tx, productId);
          await insertVariants(tx, productId, product.variants);
        }
        return toProduct(await publishProduct(tx, productId));
      }),
    );
  };
}
