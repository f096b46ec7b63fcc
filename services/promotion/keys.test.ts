import { create } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { percent } from "./testing/offers.ts";
import { openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
beforeAll(async () => {
  shop = await openTestPromotions();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

/** A call with its key, and what changes the same thing in between. */
interface Keyed {
  call: (requestId: string, variation?: string) => Promise<unknown>;
  between: () => Promise<unknown>;
}

test.each<[string, () => Promise<Keyed>]>([
  [
    "CreatePromotion",
    async () => ({
      call: (requestId, variation = "") =>
        shop.client.createPromotion(
          { promotion: { ...percent(1), title: `T${variation}` }, requestId },
          as.staff,
        ),
      between: () => shop.make(),
    }),
  ],
  [
    "UpdatePromotion",
    async () => {
      const { id, etag } = await shop.make();
      const updateMask = create(FieldMaskSchema, { paths: ["title"] });
      return {
        call: (requestId, variation = "") =>
          shop.client.updatePromotion(
            { promotion: { id, etag, title: `T${variation}` }, updateMask, requestId },
            as.staff,
          ),
        between: () => shop.update(id, { title: "between" }, ["title"]),
      };
    },
  ],
  [
    "CreateCoupons",
    async () => {
      const { id: promotionId } = await shop.make();
      return {
        call: (requestId, variation = "") =>
          shop.client.createCoupons({ promotionId, count: 3, prefix: `V${variation}`, requestId }, as.staff),
        between: () => shop.client.createCoupons({ promotionId, count: 3 }, as.staff),
      };
    },
  ],
  [
    "DisableCoupon",
    async () => {
      await shop.makeWith(["KEY", "KEYOTHER"]);
      return {
        call: (requestId, variation = "") =>
          shop.client.disableCoupon({ code: `key${variation}`, requestId }, as.staff),
        between: async () => shop.advance(1_000),
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
  await expectReason(call(requestId, "other"), "REQUEST_ID_REUSED", { request_id: requestId });
});

test("a refused call leaves its key free", async () => {
  const make = (codes: string[]) =>
    shop.client.createCoupons({ promotionId, codes, requestId: "free" }, as.staff);
  const { id: promotionId } = await shop.makeWith(["FREE-1"]);
  await expectReason(make(["FREE-1"]), "COUPON_EXISTS", { code: "FREE-1" });
  expect((await make(["FREE-2"])).coupons).toHaveLength(1);
});
