import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { refusedFields } from "./testing/failures.ts";
import { mug, openTestShop, type TestShop } from "./testing/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const nul = "a\0b";

test("every reading and changing RPC refuses text that Postgres cannot store", async () => {
  const { id } = await shop.create(mug("FINE"));
  const calls: [Promise<unknown>, string][] = [
    [shop.catalog.getProduct({ productId: nul }), "product_id"],
    [shop.catalog.batchGetProducts({ productIds: [nul] }), "product_ids[0]"],
    [shop.catalog.batchGetVariants({ skus: ["x", nul] }), "skus[1]"],
    [shop.catalog.listProducts({ query: nul }), "query"],
    [shop.catalog.listProducts({ tag: nul }), "tag"],
    [shop.catalog.listProducts({ categoryId: nul }), "category_id"],
    [shop.catalog.archiveProduct({ productId: nul }, as.staff), "product_id"],
    [shop.catalog.createCategory({ category: { id: "c", title: nul } }, as.staff), "category.title"],
    [shop.catalog.createProduct({ product: mug("Y"), requestId: nul }, as.staff), "request_id"],
    [
      shop.catalog.updateProduct(
        { product: { id, title: nul }, updateMask: create(FieldMaskSchema, { paths: ["title"] }) },
        as.staff,
      ),
      "product.title",
    ],
  ];
  for (const [call, field] of calls) expect(await refusedFields(call)).toEqual([field]);
});

test("text of every other kind is kept as it is", async () => {
  const title = "\u0001\u007f\u200b \u{1f980} é e\u0301 ‮ <b>' \" \\ ${x} %s";
  const made = await shop.create({ ...mug("ODD"), title, metadata: { [title]: title } });
  expect(await shop.catalog.getProduct({ productId: made.id })).toMatchObject({
    title,
    metadata: { [title]: title },
  });
});
