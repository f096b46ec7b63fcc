import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Product, ListProductsRequest_Sort as Sort } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { mug, openTestShop, type TestShop, variant } from "./testing/shop.ts";

let shop: TestShop;
let present: Product;
beforeAll(async () => {
  shop = await openTestShop();
  await shop.catalog.createCategory({ category: { id: "a", title: "A" } }, as.staff);
  for (let i = 0; i < 30; i++) await shop.create({ ...mug(`S-${i}`), categoryIds: ["a"] });
  present = await shop.create(mug("PRESENT"));
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const update = (paths: string[], requestId = "") =>
  shop.catalog.updateProduct(
    {
      requestId,
      product: { id: present.id, title: "T", categoryIds: ["a"], variants: [variant("PRESENT")] },
      updateMask: create(FieldMaskSchema, { paths }),
    },
    as.staff,
  );

/** Statements sent, `begin` and `commit` included. */
test.each<[string, number, () => Promise<unknown>]>([
  ["GetProduct", 1, () => shop.catalog.getProduct({ productId: present.id })],
  ["BatchGetProducts", 1, () => shop.catalog.batchGetProducts({ productIds: [present.id] })],
  ["BatchGetVariants", 1, () => shop.catalog.batchGetVariants({ skus: ["S-1", "S-2", "S-3", "none"] })],
  ["ListProducts", 1, () => shop.catalog.listProducts({})],
  [
    "ListProducts with every filter",
    1,
    () =>
      shop.catalog.listProducts({
        ...{ categoryId: "a", query: "mug", tag: "t", minPrice: 1n, maxPrice: 2n },
        sort: Sort.PRICE_ASCENDING,
      }),
  ],
  ["ListCategories", 1, () => shop.catalog.listCategories({})],
  ["CreateProduct", 6, () => shop.create({ ...mug("NEW-1"), categoryIds: ["a"] })],
  [
    "CreateProduct with a request_id",
    8,
    () =>
      shop.catalog.createProduct(
        { product: { ...mug("NEW-2"), categoryIds: ["a"] }, requestId: "r" },
        as.staff,
      ),
  ],
  ["UpdateProduct of a title", 5, () => update(["title"])],
  ["UpdateProduct of everything", 9, () => update(["title", "category_ids", "variants"])],
  ["UpdateProduct with a request_id", 7, () => update(["title"], "r")],
  ["ArchiveProduct", 1, () => shop.catalog.archiveProduct({ productId: present.id }, as.staff)],
  ["ArchiveProduct again", 2, () => shop.catalog.archiveProduct({ productId: present.id }, as.staff)],
  [
    "ArchiveProduct with a request_id",
    6,
    () => shop.catalog.archiveProduct({ productId: present.id, requestId: "r" }, as.staff),
  ],
  ["CreateCategory", 1, () => shop.catalog.createCategory({ category: { id: "b", title: "B" } }, as.staff)],
  [
    "CreateCategory again",
    2,
    () => shop.catalog.createCategory({ category: { id: "b", title: "B" } }, as.staff),
  ],
  [
    "CreateCategory with a request_id",
    5,
    () => shop.catalog.createCategory({ category: { id: "c", title: "C" }, requestId: "r" }, as.staff),
  ],
])("%s sends %i", async (_name, budget, call) => {
  shop.statements.length = 0;
  await call();
  expect(shop.statements).toHaveLength(budget);
});
