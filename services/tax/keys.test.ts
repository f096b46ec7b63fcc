import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { openTestTaxes, type TestTaxes } from "./testing/shop.ts";

let shop: TestTaxes;
beforeAll(async () => {
  shop = await openTestTaxes();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** A call with its key, and what changes the same thing in between. */
interface Keyed {
  call: (requestId: string, variation?: number) => Promise<unknown>;
  between: () => Promise<unknown>;
}

test.each<[string, () => Promise<Keyed>]>([
  [
    "CreateTaxRate",
    async () => ({
      call: (requestId, rateMillionths = 1) =>
        shop.client.createTaxRate(
          { taxRate: { name: "Keyed", countryCode: "DE", rateMillionths }, requestId },
          as.staff,
        ),
      between: () => shop.makeOne({ name: "Other" }),
    }),
  ],
  [
    "UpdateTaxRate",
    async () => {
      const { id, etag } = await shop.makeOne({ name: "Updated" });
      const updateMask = create(FieldMaskSchema, { paths: ["rate_millionths"] });
      return {
        call: (requestId, rateMillionths = 1) =>
          shop.client.updateTaxRate(
            { taxRate: { id, etag, rateMillionths }, updateMask, requestId },
            as.staff,
          ),
        between: () => shop.update(id, { rateMillionths: 9 }, ["rate_millionths"]),
      };
    },
  ],
  [
    "DeleteTaxRate",
    async () => {
      const { id } = await shop.makeOne({ name: "Deleted" });
      return {
        call: (requestId, variation = 0) =>
          shop.client.deleteTaxRate({ taxRateId: variation === 0 ? id : "tax_other", requestId }, as.staff),
        between: () => shop.makeOne({ name: "Deleted" }),
      };
    },
  ],
])("%s with a request_id: one effect and one answer, and no other request", async (name, make) => {
  const { call, between } = await make();
  const requestId = `key-of-${name}`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => call(requestId)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  await between();
  expect(await call(requestId)).toEqual(answers[0]);
  await expectReason(call(requestId, 2), "REQUEST_ID_REUSED", { request_id: requestId });
});

test("a refused call leaves its key free", async () => {
  const call = (name: string) =>
    shop.client.createTaxRate({ taxRate: { name, countryCode: "DE" }, requestId: "free" }, as.staff);
  await shop.makeOne({ name: "Taken" });
  await expectReason(call("Taken"), "TAX_RATE_EXISTS", {
    ...{ name: "Taken", country_code: "DE" },
    ...{ region: "", tax_category: "" },
  });
  expect((await call("Free")).name).toBe("Free");
});
