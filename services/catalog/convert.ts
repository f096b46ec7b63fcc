import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Category,
  CategorySchema,
  type Product,
  Product_State,
  ProductSchema,
  type SellableVariant,
  SellableVariantSchema,
  type Variant,
  VariantSchema,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { CategoryRow } from "./store-categories.ts";
import type { ProductRow, VariantRow } from "./store-products.ts";

/** A variant as its `document` has it: the message's own names; amounts are safe integers. */
export interface VariantDocument
  extends Omit<MessageInitShape<typeof VariantSchema>, "$typeName" | "prices"> {
  prices: { currencyCode: string; amount: number }[];
}

/** A product as its `document` has it, without what changes by itself: state, etag and times. */
export interface ProductDocument
  extends Omit<MessageInitShape<typeof ProductSchema>, "$typeName" | "variants" | "state" | "etag"> {
  variants: VariantDocument[];
}

const states = { ACTIVE: Product_State.ACTIVE, ARCHIVED: Product_State.ARCHIVED } as const;

export function toProduct(row: ProductRow): Product {
  return create(ProductSchema, {
    ...row.document,
    variants: row.document.variants.map(toVariant),
    state: states[row.state],
    etag: etagOf(row.revision),
    createTime: timestampFromDate(row.create_time),
    updateTime: timestampFromDate(row.update_time),
  });
}

/** The etag of a product's revision; opaque to callers. */
export function etagOf(revision: bigint): string {
  return revision.toString(36);
}

export function toSellableVariant(row: VariantRow): SellableVariant {
  return create(SellableVariantSchema, {
    variant: toVariant(row.document),
    productId: row.product_id,
    productTitle: row.product_title,
    imageUrl: row.image_url,
    categoryIds: row.category_ids,
    taxCategory: row.tax_category,
  });
}

export function toCategory(row: CategoryRow): Category {
  return create(CategorySchema, { id: row.id, title: row.title, parentId: row.parent_id ?? "" });
}

function toVariant(document: VariantDocument): Variant {
  return create(VariantSchema, {
    ...document,
    prices: document.prices.map(({ currencyCode, amount }) => ({ currencyCode, amount: BigInt(amount) })),
  });
}
