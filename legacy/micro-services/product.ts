import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Product as CatalogProduct,
  type ProductSchema as CatalogProductSchema,
  Product_State,
  type Variant,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import {
  type CreateProductRequest,
  type Product,
  ProductSchema,
  type UpdateProductRequest,
} from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { categoryIdOf, categoryTagOf } from "./category.ts";
import { toDimensions, toPackage } from "./measures.ts";
import { unixSeconds } from "./unix-seconds.ts";

/** Whether a product is there for this API, in which what is deleted is gone. */
export function isOnSale({ state }: CatalogProduct): boolean {
  return state === Product_State.ACTIVE;
}

/** A product as this API shows it. `available` are the units that can be had, by SKU. */
export function toProduct(
  product: CatalogProduct,
  { currencyCode, available }: { currencyCode: string; available: ReadonlyMap<string, bigint> },
): Product {
  const { id, variants, metadata } = product;
  const size = variants[0]?.package;
  const toSku = ({ sku, prices, attributes }: Variant) => {
    const price = prices.find((each) => each.currencyCode === currencyCode)?.amount;
    return {
      id: sku,
      object: "sku",
      product: id,
      ...(price !== undefined && { price }),
      currency: currencyCode.toLowerCase(),
      attributes,
      inventory: { type: "finite", quantity: available.get(sku) ?? 0n },
    };
  };
  return create(ProductSchema, {
    id,
    object: "product",
    active: isOnSale(product),
    name: product.title,
    description: product.description,
    attributes: [...new Set(variants.flatMap(({ attributes }) => Object.keys(attributes)))].sort(),
    ...(size !== undefined && { packageDimensions: toDimensions(size) }),
    metadata,
    skus: { object: "list", data: variants.map(toSku) },
    created: unixSeconds(product.createTime),
    updated: unixSeconds(product.updateTime),
  });
}

/** The catalog's product for one that this API adds, under `sku`. */
export function newProduct(
  request: CreateProductRequest,
  { sku, currencyCode }: { sku: string; currencyCode: string },
): MessageInitShape<typeof CatalogProductSchema> {
  const { name, description, packageDimensions, metadata, attributesSku, price } = request;
  const category = metadata["category"] ?? "";
  return {
    title: name,
    description,
    ...shelved({ categoryIds: [], tags: [] }, { from: "", to: category }),
    metadata,
    variants: [
      {
        sku,
        prices: [{ currencyCode, amount: price }],
        attributes: attributesSku,
        ...(packageDimensions !== undefined && { package: toPackage(packageDimensions) }),
      },
    ],
  };
}

/** A change of a product: its fields with their new values, and which they are. */
export interface ProductChange {
  product: MessageInitShape<typeof CatalogProductSchema>;
  paths: string[];
}

/** What an update makes of a product: entries of the metadata are merged, empty ones removed. */
export function changeOf(product: CatalogProduct, request: UpdateProductRequest): ProductChange {
  const metadata = Object.fromEntries(
    Object.entries({ ...product.metadata, ...request.metadata }).filter(([, value]) => value !== ""),
  );
  const from = product.metadata["category"] ?? "";
  const to = metadata["category"] ?? "";
  const fields = {
    ...(request.name !== undefined && { title: request.name }),
    ...(request.description !== undefined && { description: request.description }),
    ...(Object.keys(request.metadata).length > 0 && { metadata }),
    ...(from !== to && shelved(product, { from, to })),
  };
  const paths = Object.keys(fields).map((name) => name.replace("categoryIds", "category_ids"));
  return { product: fields, paths };
}

/** A product's categories and tags with one category in the place of another. By the tag a search finds its name. */
function shelved(
  { categoryIds, tags }: Pick<CatalogProduct, "categoryIds" | "tags">,
  { from, to }: { from: string; to: string },
): Pick<CatalogProduct, "categoryIds" | "tags"> {
  const swap = (all: readonly string[], old: string, now: string) => {
    const kept = all.filter((each) => each !== old && each !== now);
    return to === "" ? kept : [...kept, now];
  };
  return {
    categoryIds: swap(categoryIds, categoryIdOf(from), categoryIdOf(to)),
    tags: swap(tags, categoryTagOf(from), categoryTagOf(to)),
  };
}
