import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Category, Product } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { mug, openTestShop, type TestShop } from "./testing/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const updateMask = create(FieldMaskSchema, { paths: ["title"] });

/** A call with its key, and what changes the same thing in between. */
interface Keyed {
  call: (requestId: string, variation?: string) => Promise<Product | Category>;
  between: () => Promise<unknown>;
}

test.each<[string, (sku: string) => Promise<Keyed>]>([
  [
    "CreateProduct",
    async (sku) => ({
      call: (requestId, variation = "") =>
        shop.catalog.createProduct({ product: { ...mug(sku), title: `T${variation}` }, requestId }, as.staff),
      between: async () => undefined,
    }),
  ],
  [
    "UpdateProduct",
    async (sku) => {
      const { id, etag } = await shop.create(mug(sku));
      const update = (title: string, requestId: string, wanted: string) =>
        shop.catalog.updateProduct({ product: { id, title, etag: wanted }, updateMask, requestId }, as.staff);
      return {
        call: (requestId, variation = "") => update(`T${variation}`, requestId, etag),
        between: () => update("between", "", ""),
      };
    },
  ],
  [
    "ArchiveProduct",
    async (sku) => {
      const { id } = await shop.create(mug(sku));
      const { id: other } = await shop.create(mug(`${sku}-2`));
      return {
        call: (requestId, variation) =>
          shop.catalog.archiveProduct({ productId: variation ? other : id, requestId }, as.staff),
        between: () =>
          shop.catalog.updateProduct({ product: { id, title: "between" }, updateMask }, as.staff),
      };
    },
  ],
  [
    "CreateCategory",
    async (id) => ({
      call: (requestId, variation = "") =>
        shop.catalog.createCategory(
          { category: { id: id.toLowerCase(), title: `T${variation}` }, requestId },
          as.staff,
        ),
      between: async () => undefined,
    }),
  ],
])("%s with a request_id: one effect and one answer, and no other request", async (name, make) => {
  const { call, between } = await make(name.toUpperCase());
  const requestId = `key-of-${name}`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(requestId)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  await between();
  expect(await call(requestId)).toEqual(answers[0]);
  await expectReason(call(requestId, "other"), "REQUEST_ID_REUSED", { request_id: requestId });
});

test("a refused update leaves its key free", async () => {
  const { id, etag } = await shop.create(mug("FREE"));
  const update = (wanted: string) =>
    shop.catalog.updateProduct(
      { product: { id, title: "T", etag: wanted }, updateMask, requestId: "free" },
      as.staff,
    );
  await expectReason(update("stale"), "ETAG_MISMATCH", { product_id: id, etag });
  expect(await update("")).toMatchObject({ id, title: "T" });
});
