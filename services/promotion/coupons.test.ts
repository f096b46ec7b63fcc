import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo, refusedFields } from "../../lib/testing/failures.ts";
import { openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
let promotionId: string;
beforeAll(async () => {
  shop = await openTestPromotions();
  promotionId = (await shop.make()).id;
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const createCoupons: typeof shop.client.createCoupons = (request) =>
  shop.client.createCoupons(request, as.staff);
const list = async (id: string, pageSize = 200) => {
  const codes: string[] = [];
  let pageToken = "";
  do {
    const page = await shop.client.listCoupons({ promotionId: id, pageSize, pageToken }, as.staff);
    codes.push(...page.coupons.map(({ code }) => code));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return codes;
};

test("named coupons come in the order asked for, in capitals", async () => {
  const { coupons } = await createCoupons({ promotionId, codes: ["zeta-1", "Alpha_2"], limit: 3n });
  expect(coupons).toMatchObject([
    { code: "ZETA-1", promotionId, limit: 3n, redeemed: 0n },
    { code: "ALPHA_2", promotionId, limit: 3n },
  ]);
  expect(coupons[0]?.createTime).toEqual(timestampFromDate(shop.clock()));
  const listed = await shop.client.listCoupons({ promotionId }, as.staff);
  expect(listed.coupons).toEqual(coupons.toReversed());
});

test("10,000 random codes in one statement: all different, none with letters that look alike", async () => {
  const { id } = await shop.make();
  shop.statements.length = 0;
  const { coupons } = await createCoupons({ promotionId: id, count: 10_000, prefix: "sale-", limit: 1n });
  expect(shop.statements.filter((text) => text.includes("insert into coupon"))).toHaveLength(1);
  expect(new Set(coupons.map(({ code }) => code)).size).toBe(10_000);
  for (const { code } of coupons) expect(code).toMatch(/^SALE-[0-9A-HJKMNP-TV-Z]{12}$/);
  expect(await list(id)).toEqual(coupons.map(({ code }) => code).sort());
});

test("a code exists once, whatever its letters and its promotion; then none is made", async () => {
  const { id } = await shop.makeWith(["TAKEN"]);
  const { id: other } = await shop.make();
  for (const promotion of [id, other]) {
    const call = createCoupons({ promotionId: promotion, codes: ["fresh", "taken"] });
    await expectReason(call, "COUPON_EXISTS", { code: "TAKEN" });
  }
  expect(await list(other)).toEqual([]);
});

test.each<[string, { codes?: string[]; count?: number; prefix?: string }, string[]]>([
  ["neither codes nor a count", {}, ["codes"]],
  ["codes and a count", { codes: ["BOTH"], count: 1 }, ["count"]],
  ["codes and a prefix", { codes: ["BOTH"], prefix: "P" }, ["prefix"]],
  ["a code twice", { codes: ["ONE", "TWO", "one"] }, ["codes[2]"]],
  ["a code with blanks", { codes: ["A B"] }, ["codes[0]"]],
  ["too many", { count: 10_001 }, ["count"]],
])("INVALID_ARGUMENT: %s", async (_name, request, fields) => {
  const call = createCoupons({ promotionId, ...request });
  expect(await refusedFields(call)).toEqual(["INVALID_ARGUMENT", fields]);
});

test("no coupons without a promotion, and none of one that applies by itself", async () => {
  expect(await failureInfo(createCoupons({ promotionId: "prm_none", count: 1 }))).toEqual({
    reason: "PROMOTION_NOT_FOUND",
    metadata: {
      promotion_id: "prm_none",
    },
  });
  const { id } = await shop.make({ automatic: true });
  expect(await failureInfo(createCoupons({ promotionId: id, count: 1 }))).toEqual({
    reason: "PROMOTION_AUTOMATIC",
    metadata: {
      promotion_id: id,
    },
  });
});

test("coupons are listed by code, page by page", async () => {
  const { id } = await shop.makeWith(["E", "A1", "C9", "B-2", "D_4"].map((code) => `page${code}`));
  expect(await list(id, 2)).toEqual(["PAGEA1", "PAGEB-2", "PAGEC9", "PAGED_4", "PAGEE"]);
  const { nextPageToken: pageToken } = await shop.client.listCoupons(
    { promotionId: id, pageSize: 2 },
    as.staff,
  );
  const turned = shop.client.listCoupons({ promotionId, pageToken }, as.staff);
  await expectReason(turned, "PAGE_TOKEN_INVALID", {});
  await expectReason(list("prm_none"), "PROMOTION_NOT_FOUND", { promotion_id: "prm_none" });
  expect(await list((await shop.make()).id)).toEqual([]);
});

test("a disabled coupon stays disabled, from the first time on", async () => {
  await shop.makeWith(["OVER"]);
  const disableTime = timestampFromDate(shop.clock());
  const disable = (code: string) => shop.client.disableCoupon({ code }, as.staff);
  expect(await disable("over")).toMatchObject({ code: "OVER", disableTime });
  shop.advance(1_000);
  expect(await disable("OVER")).toMatchObject({ code: "OVER", disableTime });
  await expectReason(disable("none"), "COUPON_NOT_FOUND", { code: "NONE" });
});
