import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Product, ProductSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { refusals, refusedFields } from "./testing/failures.ts";
import { mug, openTestShop, type TestShop, variant } from "./testing/shop.ts";

let shop: TestShop;
let present: Product;
let count = 0;
beforeAll(async () => {
  shop = await openTestShop();
  for (const id of ["a", "b"]) await shop.catalog.createCategory({ category: { id, title: id } }, as.staff);
  await shop.create(mug("OTHER"));
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(async () => {
  count += 1;
  present = await shop.create({
    ...mug(`U-${count}`),
    description: "old",
    categoryIds: ["a"],
    tags: ["old"],
    attributes: { a: "old" },
    metadata: { m: "old" },
    imageUrls: ["https://x.test/old"],
    taxCategory: "old",
  });
  shop.advance(1000);
});

function update(
  changes: MessageInitShape<typeof ProductSchema>,
  paths: string[],
  etag = "",
): Promise<Product> {
  const product = create(ProductSchema, { ...changes, id: present.id, etag });
  return shop.catalog.updateProduct({ product, updateMask: create(FieldMaskSchema, { paths }) }, as.staff);
}

const everything: MessageInitShape<typeof ProductSchema> = {
  title: "New",
  description: "",
  categoryIds: ["b", "a"],
  tags: [],
  options: [{ name: "Size", values: ["S", "M"] }],
  variants: [
    variant("NEW-S", 1n, { optionValues: { Size: "S" }, originCountryCode: "VN", tariffNumber: "640419" }),
    variant("NEW-M", 2n, { optionValues: { Size: "M" } }),
  ],
  attributes: {},
  metadata: { n: "new" },
  imageUrls: [],
  taxCategory: "books",
};

test.each<[string, keyof Product, string]>([
  ["title", "title", "New"],
  ["description", "description", ""],
  ["category_ids", "categoryIds", ""],
  ["tags", "tags", ""],
  ["attributes", "attributes", ""],
  ["metadata", "metadata", ""],
  ["image_urls", "imageUrls", ""],
  ["tax_category", "taxCategory", ""],
])("changes %s alone, of a request that has everything", async (path, name) => {
  const updated = await update(everything, [path]);
  const { etag, updateTime } = updated;
  expect(etag).not.toBe(present.etag);
  expect(updateTime).not.toEqual(present.updateTime);
  const want = create(ProductSchema, {
    ...present,
    [name]: create(ProductSchema, everything)[name],
    etag,
    updateTime,
  });
  expect(updated).toEqual(want);
  expect(await shop.catalog.getProduct({ productId: present.id })).toEqual(want);
});

test("replaces the variants as a whole: a SKU left out is no longer sold, and free", async () => {
  const [sku = ""] = present.variants.map((each) => each.sku);
  const updated = await update(everything, ["variants", "options"]);
  expect(updated.variants.map((each) => each.sku)).toEqual(["NEW-S", "NEW-M"]);
  expect(updated.title).toBe(present.title);
  const { variants } = await shop.catalog.batchGetVariants({ skus: [sku, "NEW-S", "NEW-M"] });
  expect(new Set(variants.map((each) => each.variant?.sku))).toEqual(new Set(["NEW-M", "NEW-S"]));
  await shop.create(mug(sku));
  const restored = await update({ variants: [variant("NEW-S", 5n)] }, ["options", "variants"]);
  expect(restored.variants).toMatchObject([{ sku: "NEW-S", prices: [{ amount: 5n }] }]);
});

test("a product moved to another category is found there and no longer in the old one", async () => {
  await update({ categoryIds: ["b"] }, ["category_ids"]);
  const found = async (categoryId: string) =>
    (await shop.catalog.listProducts({ categoryId })).products.map(({ id }) => id);
  expect(await found("b")).toContain(present.id);
  expect(await found("a")).not.toContain(present.id);
});

test("a new tax category and new categories show in carts at once", async () => {
  await update({ taxCategory: "food", categoryIds: ["b", "a"] }, ["tax_category", "category_ids"]);
  const { variants } = await shop.catalog.batchGetVariants({ skus: [`U-${count}`] });
  expect(variants).toMatchObject([{ taxCategory: "food", categoryIds: ["b", "a"] }]);
});

test("a new title and picture show in carts and in the search at once", async () => {
  const [sku = ""] = present.variants.map((each) => each.sku);
  await update({ title: "Zeppelin", imageUrls: ["https://x.test/new"] }, ["title", "image_urls"]);
  const { variants } = await shop.catalog.batchGetVariants({ skus: [sku] });
  expect(variants).toMatchObject([{ productTitle: "Zeppelin", imageUrl: "https://x.test/new" }]);
  const { products } = await shop.catalog.listProducts({ query: "zeppelins" });
  expect(products.map(({ id }) => id)).toEqual([present.id]);
});

test.each([
  ["unknown", ["title", "colour"], ["colour"]],
  [
    "output-only",
    ["id", "state", "create_time", "update_time"],
    ["id", "state", "create_time", "update_time"],
  ],
  ["below a field", ["variants.title"], ["variants.title"]],
  ["in JSON's spelling", ["categoryIds"], ["categoryIds"]],
  ["of an object's prototype", ["constructor"], ["constructor"]],
  ["a star", ["*"], ["*"]],
])("a path that is %s is refused and named", async (_name, paths, named) => {
  const refused = await refusals(update({ title: "New" }, paths));
  expect(refused.map(({ field, description }) => [field, description.split(" ")[0]])).toEqual(
    named.map((path) => ["update_mask", JSON.stringify(path)]),
  );
  expect(await shop.catalog.getProduct({ productId: present.id })).toEqual(present);
});

test("a mask that names nothing, no mask, no product and no id are refused", async () => {
  const updateMask = create(FieldMaskSchema, { paths: ["title"] });
  expect(await refusedFields(update({}, []))).toEqual(["update_mask"]);
  expect(await refusedFields(update({}, ["etag"]))).toEqual(["update_mask"]);
  expect(await refusedFields(shop.catalog.updateProduct({ product: present }, as.staff))).toEqual([
    "update_mask",
  ]);
  expect(await refusedFields(shop.catalog.updateProduct({ updateMask }, as.staff))).toEqual(["product.id"]);
  expect(
    await refusedFields(shop.catalog.updateProduct({ updateMask, product: { title: "T" } }, as.staff)),
  ).toEqual(["product.id"]);
});

test.each<[string, MessageInitShape<typeof ProductSchema>, string[], string[]]>([
  ["a title that is too long", { title: "x".repeat(201) }, ["title"], ["product.title"]],
  ["an empty title", {}, ["title"], ["product.title"]],
  ["a tax category in capitals", { taxCategory: "Food" }, ["tax_category"], ["product.tax_category"]],
  ["no variant", {}, ["variants"], ["product.variants"]],
  ["a bad SKU", { variants: [variant("?")] }, ["variants"], ["product.variants[0].sku"]],
  [
    "a map's value that is too long",
    { metadata: { k: "x".repeat(501) } },
    ["metadata"],
    ['product.metadata["k"]'],
  ],
  ["options that its variants do not choose", everything, ["options"], ["product.variants[0].option_values"]],
  [
    "variants that choose what is not offered",
    everything,
    ["variants"],
    ["product.variants[0].option_values", "product.variants[1].option_values"],
  ],
])("%s is refused by field, and nothing changes", async (_name, changes, paths, fields) => {
  expect(await refusedFields(update(changes, paths))).toEqual(fields);
  expect(await shop.catalog.getProduct({ productId: present.id })).toEqual(present);
});

test("only what the mask names is validated: neither the rest of the request nor of what is stored", async () => {
  const [sku = ""] = present.variants.map((each) => each.sku);
  // As content that was stored before a rule became stricter.
  await shop.database.db.execute(sql`
    update products set document = jsonb_set(document::jsonb, '{description}', to_jsonb(repeat('x', 10001)))::json
    where id = ${present.id}`);
  const updated = await update({ title: "Fine", tags: [""], variants: [variant("?")] }, ["title"]);
  expect(updated).toMatchObject({ title: "Fine", variants: [{ sku }] });
});

test.each<[string, MessageInitShape<typeof ProductSchema>, string[], string, Record<string, string>]>([
  [
    "a SKU of another product",
    { variants: [variant("OTHER")] },
    ["title", "variants"],
    "SKU_TAKEN",
    { sku: "OTHER" },
  ],
  [
    "a category that does not exist",
    { categoryIds: ["b", "c"] },
    ["title", "category_ids"],
    "CATEGORY_NOT_FOUND",
    { category_id: "c" },
  ],
])("with %s it is refused, and nothing changes", async (_name, changes, paths, reason, metadata) => {
  await expectReason(update({ title: "New", ...changes }, paths), reason, metadata);
  expect(await shop.catalog.getProduct({ productId: present.id })).toEqual(present);
});

test("a stale etag is refused, the present one accepted, and a product that is not there not found", async () => {
  const second = await update({ title: "Second" }, ["title", "etag"], present.etag);
  await expectReason(update({ title: "Third" }, ["title"], present.etag), "ETAG_MISMATCH", {
    product_id: present.id,
    etag: second.etag,
  });
  expect(await shop.catalog.getProduct({ productId: present.id })).toEqual(second);
  const updateMask = create(FieldMaskSchema, { paths: ["title"] });
  await expectReason(
    shop.catalog.updateProduct({ product: { id: "prod_1", title: "T" }, updateMask }, as.staff),
    "PRODUCT_NOT_FOUND",
    { product_id: "prod_1" },
  );
});
