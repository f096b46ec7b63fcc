import { Code } from "@connectrpc/connect";
import { defineReasons } from "../../lib/errors/reasons.ts";

/** Everything that can go wrong in the catalog, as callers see it. */
export const fail = defineReasons({
  PRODUCT_NOT_FOUND: { code: Code.NotFound, message: "product {product_id} does not exist" },
  CATEGORY_NOT_FOUND: { code: Code.NotFound, message: "category {category_id} does not exist" },
  /** The id is in use for a category with another title or parent. */
  CATEGORY_EXISTS: { code: Code.AlreadyExists, message: "category {category_id} exists with other content" },
  /** The SKU belongs to another product, on sale or archived. */
  SKU_TAKEN: { code: Code.AlreadyExists, message: "SKU {sku} belongs to another product" },
  /** The product changed since the caller read it: read it again. */
  ETAG_MISMATCH: { code: Code.Aborted, message: "product {product_id} has changed; its etag is {etag}" },
  STAFF_ONLY: { code: Code.PermissionDenied, message: "{field} is for staff" },
});
