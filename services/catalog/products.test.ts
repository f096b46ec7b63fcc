import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Product_State, ProductSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { sql } from "../../lib/db/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { refusedFields } from "./testing/failures.ts";
import { mug, openTestShop, type TestShop, variant } from "./testing/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
  for (const id of ["clothes", "sale"]) {
    await shop.catalog.createCategory({ category: { id, title: id } }, as.staff);
  }
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const shirt: MessageInitShape<typeof ProductSchema> = {
  title: 'Shirt ‘Ünïcode’ "quoted"',
  description: "Soft.\nWashable at 40°.",
  categoryIds: ["sale", "clothes"],
  tags: ["b", "a, with comma", '{"x"}'],
  options: [
    { name: "Size", values: ["M", "S"] },
    { name: "Colour", values: ["red"] },
  ],
  variants: [
    {
      sku: "SHIRT-M",
      title: "M / red",
      optionValues: { Size: "M", Colour: "red" },
      prices: [
        { currencyCode: "USD", amount: 99_999_999_999n },
        { currencyCode: "EUR", amount: 0n },
      ],
      package: { lengthMm: 1, widthMm: 2, heightMm: 3, weightG: 4 },
      attributes: { fit: "slim" },
      metadata: { erp: "1" },
      originCountryCode: "PT",
      tariffNumber: "6109100010",
    },
    {
      sku: "SHIRT-A",
      optionValues: { Size: "S", Colour: "red" },
      prices: [{ currencyCode: "JPY", amount: 5n }],
    },
  ],
  attributes: { material: "cotton", __proto__x: "y" },
  metadata: { supplier: "42" },
  imageUrls: ["https://x.test/b.jpg", "https://x.test/a.jpg?q=1,2"],
  taxCategory: "clothes",
};

test("a product comes back as it was made, in all its orders, to the one who made it and to all others", async () => {
  const made = await shop.create(shirt);
  expect(made.id).toMatch(/^prod_[0-9a-z]{26}$/);
  expect(made.state).toBe(Product_State.ACTIVE);
  expect(made.etag).not.toBe("");
  expect(made.createTime && timestampDate(made.createTime)).toEqual(new Date("2026-01-31T12:00:00Z"));
  expect(made.updateTime).toEqual(made.createTime);
  const { id, state, etag, createTime, updateTime } = made;
  expect(made).toEqual(create(ProductSchema, { ...shirt, id, state, etag, createTime, updateTime }));
  expect(await shop.catalog.getProduct({ productId: id })).toEqual(made);
  expect((await shop.catalog.batchGetProducts({ productIds: [id] })).products).toEqual([made]);
  const { products } = await shop.catalog.listProducts({ categoryId: "sale" });
  expect(products).toEqual([made]);
  expect(createValidator().validate(ProductSchema, made).kind).toBe("valid");
});

test("output-only fields of a request are ignored", async () => {
  const made = await shop.create({ ...mug("OUT"), id: "mine", state: Product_State.ARCHIVED, etag: "x" });
  expect(made).toMatchObject({ id: expect.stringMatching(/^prod_/), state: Product_State.ACTIVE });
  expect(made.etag).not.toBe("x");
});

test("the same request_id makes one product and answers the same; with another request it is refused", async () => {
  const request = { product: mug("ONCE"), requestId: "r-1" };
  const first = await shop.catalog.createProduct(request, as.staff);
  expect(await shop.catalog.createProduct(request, as.staff)).toEqual(first);
  await expectReason(
    shop.catalog.createProduct({ ...request, product: mug("ONCE-2") }, as.staff),
    "REQUEST_ID_REUSED",
    { request_id: "r-1" },
  );
});

test.each<[string, MessageInitShape<typeof ProductSchema>, string, Record<string, string>]>([
  ["a SKU that another has", { title: "T", variants: [variant("REF-0")] }, "SKU_TAKEN", { sku: "REF-0" }],
  [
    "one SKU of several that another has",
    {
      title: "T",
      options: [{ name: "N", values: ["1", "2"] }],
      variants: [
        variant("REF-1", 1n, { optionValues: { N: "1" } }),
        variant("REF-0", 1n, { optionValues: { N: "2" } }),
      ],
    },
    "SKU_TAKEN",
    { sku: "REF-0" },
  ],
  [
    "a category that does not exist",
    { ...mug("REF-1"), categoryIds: ["sale", "nowhere"] },
    "CATEGORY_NOT_FOUND",
    { category_id: "nowhere" },
  ],
])("a new product with %s is refused, and nothing of it stays", async (_name, product, reason, metadata) => {
  await shop.create(mug("REF-0")).catch(() => undefined);
  const before = await contents();
  await expectReason(shop.create(product), reason, metadata);
  expect(await contents()).toEqual(before);
});

test.each<[string, MessageInitShape<typeof ProductSchema>, string[]]>([
  ["no title and no variants", {}, ["product.title", "product.variants"]],
  ["a SKU twice", { title: "T", variants: [variant("X"), variant("X")] }, ["product.variants"]],
  ["a SKU with a blank", { title: "T", variants: [variant("X Y")] }, ["product.variants[0].sku"]],
  ["no price", { title: "T", variants: [{ sku: "X" }] }, ["product.variants[0].prices"]],
  ["a price below zero", { title: "T", variants: [variant("X", -1n)] }, ["product.variants[0].prices"]],
  [
    "two prices of a currency",
    { title: "T", variants: [{ sku: "X", prices: [{ currencyCode: "USD" }, { currencyCode: "USD" }] }] },
    ["product.variants[0].prices"],
  ],
  [
    "a currency that does not exist",
    { title: "T", variants: [{ sku: "X", prices: [{ currencyCode: "XXQ" }] }] },
    ["product.variants[0].prices[0].currency_code"],
  ],
  [
    "an option twice",
    {
      title: "T",
      options: [
        { name: "A", values: ["1"] },
        { name: "A", values: ["2"] },
      ],
      variants: [variant("X")],
    },
    ["product.options"],
  ],
  [
    "options that its variant does not choose",
    { title: "T", options: [{ name: "A", values: ["1"] }], variants: [variant("X")] },
    ["product.variants[0].option_values"],
  ],
  [
    "an origin and a tariff number as customs do not write them",
    { title: "T", variants: [{ ...variant("X"), originCountryCode: "pt", tariffNumber: "6109.10" }] },
    ["product.variants[0].origin_country_code", "product.variants[0].tariff_number"],
  ],
  ["a tax category in capitals", { ...mug("X"), taxCategory: "Food" }, ["product.tax_category"]],
  ["a script for a picture", { ...mug("X"), imageUrls: ["javascript:alert(1)"] }, ["product.image_urls[0]"]],
])("a new product with %s is refused by field", async (_name, product, fields) => {
  const before = await contents();
  expect(await refusedFields(shop.create(product))).toEqual(fields);
  expect(await contents()).toEqual(before);
});

test("products are read in the order asked for, all or nothing", async () => {
  const [a, b] = [await shop.create(mug("BATCH-A")), await shop.create(mug("BATCH-B"))];
  const { products } = await shop.catalog.batchGetProducts({ productIds: [b.id, a.id] });
  expect(products).toEqual([b, a]);
  await expectReason(
    shop.catalog.batchGetProducts({ productIds: [a.id, "prod_1", "prod_2"] }),
    "PRODUCT_NOT_FOUND",
    { product_id: "prod_1" },
  );
  await expectReason(shop.catalog.getProduct({ productId: "prod_1" }), "PRODUCT_NOT_FOUND", {
    product_id: "prod_1",
  });
});

test("variants come with what a cart shows of their product; unknown SKUs are left out", async () => {
  const made = await shop.create({
    ...mug("V-1", 250n),
    imageUrls: ["https://x.test/1", "https://x.test/2"],
    categoryIds: ["sale", "clothes"],
    taxCategory: "kitchen",
  });
  const plain = await shop.create(mug("V-2"));
  const { variants } = await shop.catalog.batchGetVariants({ skus: ["V-2", "V-1", "v-1", "V-3"] });
  const bySku = new Map(variants.map((each) => [each.variant?.sku, each]));
  expect(new Set(bySku.keys())).toEqual(new Set(["V-1", "V-2"]));
  expect(bySku.get("V-1")).toMatchObject({
    variant: made.variants[0],
    productId: made.id,
    productTitle: "Mug V-1",
    imageUrl: "https://x.test/1",
    categoryIds: ["sale", "clothes"],
    taxCategory: "kitchen",
  });
  expect(bySku.get("V-2")).toMatchObject({
    variant: plain.variants[0],
    imageUrl: "",
    categoryIds: [],
    taxCategory: "",
  });
});

test("an archived product is off sale, keeps its SKUs, and is archived once", async () => {
  const made = await shop.create(mug("ARC"));
  shop.advance(1000);
  const archived = await shop.catalog.archiveProduct({ productId: made.id }, as.staff);
  expect(archived).toMatchObject({ state: Product_State.ARCHIVED, variants: made.variants });
  expect(archived.etag).not.toBe(made.etag);
  expect(archived.updateTime).not.toEqual(made.updateTime);
  shop.advance(1000);
  expect(await shop.catalog.archiveProduct({ productId: made.id }, as.staff)).toEqual(archived);
  expect(await shop.catalog.getProduct({ productId: made.id })).toEqual(archived);
  expect((await shop.catalog.batchGetVariants({ skus: ["ARC"] })).variants).toEqual([]);
  await expectReason(shop.create(mug("ARC")), "SKU_TAKEN", { sku: "ARC" });
  await expectReason(shop.catalog.archiveProduct({ productId: "prod_1" }, as.staff), "PRODUCT_NOT_FOUND", {
    product_id: "prod_1",
  });
});

/** Everything in the tables, to see that nothing changed. */
async function contents(): Promise<unknown> {
  const tables = await Promise.all([
    shop.database.db.query(sql`select id, revision from products order by id`),
    shop.database.db.query(sql`select * from product_categories order by product_id, category_id`),
    shop.database.db.query(sql`select product_id, sku from variants order by sku`),
    shop.database.db.query(sql`select * from prices order by sku, currency_code`),
    shop.database.db.query(sql`select method, caller, key from idempotency order by key`),
  ]);
  return tables;
}
