import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { mug, openTestShop, type TestShop, variant } from "./testing/shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const crowd = 16;

/** Makes the calls at once: how many succeeded, and why the others failed. */
async function race(
  call: (i: number) => Promise<unknown>,
): Promise<{ won: number; lost: Set<string | undefined> }> {
  const outcomes = await Promise.allSettled(Array.from({ length: crowd }, (_, i) => call(i)));
  const lost = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [reasonOf(outcome.reason)] : [],
  );
  return { won: crowd - lost.length, lost: new Set(lost) };
}

test("of many who create one SKU exactly one does", async () => {
  expect(await race((i) => shop.create({ ...mug("RACE-1"), title: `Mug ${i}` }))).toEqual({
    won: 1,
    lost: new Set(["SKU_TAKEN"]),
  });
  expect((await shop.catalog.batchGetVariants({ skus: ["RACE-1"] })).variants).toHaveLength(1);
  expect((await shop.catalog.listProducts({})).products).toHaveLength(1);
});

test("of many who create several SKUs in different orders exactly one does, and nobody deadlocks", async () => {
  const both = ["RACE-2", "RACE-3"];
  const outcome = await race((i) =>
    shop.create({
      title: "Pair",
      options: [{ name: "N", values: both }],
      variants: (i % 2 === 0 ? both : both.toReversed()).map((sku) =>
        variant(sku, 1n, { optionValues: { N: sku } }),
      ),
    }),
  );
  expect(outcome).toEqual({ won: 1, lost: new Set(["SKU_TAKEN"]) });
});

test("many with one request_id make one product, and all are answered the same", async () => {
  const answers = await Promise.all(
    Array.from({ length: crowd }, () =>
      shop.catalog.createProduct({ product: mug("RACE-4"), requestId: "race" }, as.staff),
    ),
  );
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test("of many updates with one etag exactly one is made", async () => {
  const { id, etag } = await shop.create(mug("RACE-5"));
  const updateMask = create(FieldMaskSchema, { paths: ["title"] });
  const outcome = await race((i) =>
    shop.catalog.updateProduct({ product: { id, etag, title: `Title ${i}` }, updateMask }, as.staff),
  );
  expect(outcome).toEqual({ won: 1, lost: new Set(["ETAG_MISMATCH"]) });
});

test("updates of different fields at once lose none", async () => {
  const { id } = await shop.create(mug("RACE-6"));
  const changes = { title: "New", description: "New", tags: ["new"], metadata: { new: "new" } };
  await Promise.all(
    Object.entries(changes).map(([path, value]) =>
      shop.catalog.updateProduct(
        { product: { id, [path]: value }, updateMask: create(FieldMaskSchema, { paths: [path] }) },
        as.staff,
      ),
    ),
  );
  expect(await shop.catalog.getProduct({ productId: id })).toMatchObject(changes);
});

test("two products that take each other's SKU at once: no deadlock surfaces, and each SKU is sold once", async () => {
  const [a, b] = [await shop.create(mug("RACE-7")), await shop.create(mug("RACE-8"))];
  const take = (id: string, sku: string) =>
    shop.catalog.updateProduct(
      {
        product: { id, variants: [variant(sku)] },
        updateMask: create(FieldMaskSchema, { paths: ["variants"] }),
      },
      as.staff,
    );
  const outcomes = await Promise.allSettled([take(a.id, "RACE-8"), take(b.id, "RACE-7")]);
  const lost = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [reasonOf(outcome.reason)] : [],
  );
  expect(lost.every((reason) => reason === "SKU_TAKEN")).toBe(true);
  const { variants } = await shop.catalog.batchGetVariants({ skus: ["RACE-7", "RACE-8"] });
  expect(new Set(variants.map(({ productId }) => productId))).toEqual(new Set([a.id, b.id]));
});
