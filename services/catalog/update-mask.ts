import { create } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import {
  type Product,
  ProductSchema,
  type UpdateProductRequest,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { checkNamed, required } from "../../lib/update-mask.ts";
import { type ChangeableField, changeableFields, inconsistencies, isChangeable } from "./product.ts";

/** An update as it was asked for: the product's id and etag, what to change, and the new content. */
export interface ProductChange {
  productId: string;
  /** Empty: whatever the present one is. */
  etag: string;
  fields: ReadonlySet<ChangeableField>;
  content: Product;
}

/**
 * Reads an update request.
 *
 * @throws INVALID_ARGUMENT when the product or its id is missing, the mask names nothing, or a path
 * is unknown or output-only: the field and the path are named.
 */
export function readChange({ product, updateMask }: UpdateProductRequest): ProductChange {
  const content = required(product, "product");
  const paths = updateMask?.paths ?? [];
  const refused = paths.filter((path) => path !== "etag" && !isChangeable(path));
  if (refused.length > 0) {
    throw invalidArgument(
      refused.map((path) => ({
        field: "update_mask",
        description: `${JSON.stringify(path)} is not a field that can be changed`,
      })),
    );
  }
  const fields = new Set(paths.filter(isChangeable));
  if (fields.size === 0) {
    throw invalidArgument([{ field: "update_mask", description: "names no field to change" }]);
  }
  return { productId: content.id, etag: content.etag, fields, content };
}

/** The present product with the named fields replaced; neither argument is changed. */
export function merge(present: Product, { fields, content }: ProductChange): Product {
  const replaced: Partial<Record<keyof Product, unknown>> = {};
  for (const path of fields) {
    replaced[changeableFields[path]] = content[changeableFields[path]];
  }
  return create(ProductSchema, { ...present, ...(replaced as Partial<Product>) });
}

/**
 * Holds a merged product to the contract's rules, as far as the named fields are concerned: content
 * that was stored under older rules does not stand in the way of an update of something else.
 *
 * @throws INVALID_ARGUMENT with every violation, as fields of the request (`product.title`).
 */
export function checkChange(
  validator: Validator,
  merged: Product,
  fields: ReadonlySet<ChangeableField>,
): void {
  checkNamed({ schema: ProductSchema, message: merged, named: fields, field: "product", validator });
  if (fields.has("options") || fields.has("variants")) checkTogether(merged);
}

/** @throws INVALID_ARGUMENT when a product does not fit together: its fields, as those of the request. */
export function checkTogether(product: Product): void {
  const violations = inconsistencies(product).map(({ field, description }) => ({
    field: `product.${field}`,
    description,
  }));
  if (violations.length > 0) throw invalidArgument(violations);
}
