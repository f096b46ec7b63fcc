import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo, refusedFields } from "../../lib/testing/failures.ts";
import { amount, buyGet, freeShipping, type PromotionInit, percent, price } from "./testing/offers.ts";
import { openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
beforeAll(async () => {
  shop = await openTestPromotions();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const money = (currencyCode: string, cents: bigint) => ({ currencyCode, amount: cents });
const day = (date: string) => timestampFromDate(new Date(date));
const get = (promotionId: string) => shop.client.getPromotion({ promotionId }, as.staff);

test("a promotion is returned as it was made, every field of it", async () => {
  const wanted: PromotionInit = {
    title: "Flat 20% off on plastic goods",
    paused: true,
    startTime: day("2026-02-01"),
    endTime: day("2026-03-01"),
    priority: -7,
    exclusive: true,
    target: { productIds: ["prod_1"], categoryIds: ["plastic"], skus: ["A", "B"] },
    minimum: [money("USD", 5000n), money("EUR", 0n)],
    minimumQuantity: 2n,
    limit: 100n,
    customerLimit: 1n,
    ...price(0.8, { upto: 150, flat: 0 }),
  };
  const made = await shop.make({ ...wanted, id: "mine", redeemed: 7n, etag: "x" });
  expect(made).toMatchObject({ ...wanted, redeemed: 0n });
  expect(made.id).toMatch(/^prm_\w{26}$/);
  expect(made.createTime).toEqual(timestampFromDate(shop.clock()));
  expect(await get(made.id)).toEqual(made);
});

test.each<[string, PromotionInit]>([
  ["percentage", percent(12.5, 700)],
  ["amount off", amount(500)],
  [
    "amount off each unit",
    { action: { case: "amountOff", value: { amounts: [money("JPY", 5n)], eachUnit: true } } },
  ],
  ["price override", price(0, { flat: 3 })],
  ["buy x get y", buyGet(2, 1, { off: 50, times: 3 })],
  ["free shipping", freeShipping(500)],
])("the action %s is kept", async (_name, wanted) => {
  const { id } = await shop.make(wanted);
  expect((await get(id)).action).toMatchObject(wanted.action ?? {});
});

const year = (seconds: bigint) => ({ seconds, nanos: 0 });

test.each<[string, PromotionInit, string[]]>([
  ["no action", { action: { case: undefined } }, ["action"]],
  ["ends when it starts", { startTime: day("2026-02-01"), endTime: day("2026-02-01") }, ["end_time"]],
  ["ends before", { startTime: day("2026-02-02"), endTime: day("2026-02-01") }, ["end_time"]],
  ["starts after the year 9999", { startTime: year(253_402_300_800n) }, ["start_time"]],
  ["ends before the year 1", { endTime: year(-62_135_596_801n) }, ["end_time"]],
  [
    "a time no date can say",
    { startTime: year(2n ** 62n), endTime: year(2n ** 62n + 1n) },
    ["start_time", "end_time"],
  ],
  ["customers may more than all", { limit: 2n, customerLimit: 3n }, ["customer_limit"]],
  [
    "a currency twice",
    { minimum: [money("USD", 1n), money("EUR", 1n), money("USD", 2n)] },
    ["minimum[2].currency_code"],
  ],
  ["no such currency", { minimum: [money("XYZ", 1n)] }, ["minimum[0].currency_code"]],
  ["a negative minimum", { minimum: [money("USD", -1n)] }, ["minimum[0].amount"]],
  ["a cap of nothing", percent(10, 0), ["percentage.maximum[0].amount"]],
  ["nothing off", amount(0), ["amount_off.amounts[0].amount"]],
  ["a negative amount off", amount(-1), ["amount_off.amounts[0].amount"]],
  ["upto nothing", price(0.8, { upto: 0 }), ["price_override.upto[0].amount"]],
  ["a surcharge", price(0.8, { flat: -1 }), ["price_override.flat_off[0].amount"]],
  ["the same price", price(1), ["price_override"]],
  ["the same price, nothing off", price(1, { flat: 0 }), ["price_override"]],
  ["shipping less nothing", freeShipping(0), ["free_shipping.maximum[0].amount"]],
  [
    "all that is wrong",
    { ...amount(-1), minimum: [money("XYZ", -1n)], limit: 1n, customerLimit: 2n },
    ["customer_limit", "minimum[0].currency_code", "minimum[0].amount", "amount_off.amounts[0].amount"],
  ],
])("PROMOTION_INVALID: %s", async (_name, content, fields) => {
  const paths = fields.map((field) => `promotion.${field}`);
  expect(await refusedFields(shop.make(content))).toEqual(["PROMOTION_INVALID", paths]);
});

test("PROMOTION_INVALID tells the first fault in its metadata", async () => {
  expect(await failureInfo(shop.make({ limit: 1n, customerLimit: 2n }))).toEqual({
    reason: "PROMOTION_INVALID",
    metadata: {
      field: "promotion.customer_limit",
      description: "is more than limit",
    },
  });
});

test("what the contract forbids field by field is INVALID_ARGUMENT", async () => {
  const refused = shop.make({ title: "x".repeat(201), action: percent(0).action });
  expect(await refusedFields(refused)).toEqual([
    "INVALID_ARGUMENT",
    ["promotion.title", "promotion.percentage.basis_points"],
  ]);
  expect(await refusedFields(shop.client.createPromotion({}, as.staff))).toEqual([
    "INVALID_ARGUMENT",
    ["promotion"],
  ]);
});

test("an update of a part of the target leaves the rest of it", async () => {
  const { id } = await shop.make({ target: { skus: ["A"], categoryIds: ["c"] } });
  const paths = ["target.skus", "target.product_ids"];
  const changed = await shop.update(id, { target: { skus: ["B"], categoryIds: ["not named"] } }, paths);
  expect(changed.target).toMatchObject({ skus: ["B"], categoryIds: ["c"], productIds: [] });
  expect((await shop.update(id, {}, ["target.category_ids"])).target).toMatchObject({
    skus: ["B"],
    categoryIds: [],
  });
});

test("an update changes what its mask names, and nothing else", async () => {
  const made = await shop.make({ title: "Before", priority: 1, limit: 5n, target: { skus: ["A"] } });
  shop.advance(1_000);
  const changed = await shop.update(made.id, { title: "After", priority: 9, paused: true, ...amount(100) }, [
    "title",
    "paused",
    "target",
  ]);
  expect(changed).toMatchObject({
    title: "After",
    paused: true,
    priority: 1,
    limit: 5n,
    action: made.action,
  });
  expect(changed.target?.skus ?? []).toEqual([]);
  expect(changed.etag).not.toBe(made.etag);
  expect(changed.createTime).toEqual(made.createTime);
  expect(changed.updateTime).toEqual(timestampFromDate(shop.clock()));
  expect(await get(made.id)).toEqual(changed);
});

test.each<[string, PromotionInit, string[], PromotionInit["action"]]>([
  ["the same action, other terms", percent(20), ["percentage"], percent(20).action],
  ["another action", amount(100), ["amount_off"], amount(100).action],
  ["another action, the old one named too", amount(100), ["percentage", "amount_off"], amount(100).action],
  ["an action that is not named", amount(100), ["title"], percent(10).action],
  ["one named that it has not", percent(20), ["amount_off"], percent(10).action],
  ["a part of its action", percent(20, 700), ["percentage.basis_points"], percent(20).action],
  ["another part of it", percent(20, 700), ["percentage.maximum"], percent(10, 700).action],
  ["a part of another action", amount(100), ["amount_off.amounts"], amount(100).action],
])("an update to %s", async (_name, content, paths, want) => {
  const { id } = await shop.make(percent(10));
  expect((await shop.update(id, content, paths)).action).toMatchObject(want ?? {});
});

test("an update cannot leave a promotion without an action", async () => {
  const { id } = await shop.make(percent(10));
  expect(await refusedFields(shop.update(id, {}, ["percentage"]))).toEqual([
    "PROMOTION_INVALID",
    ["promotion.action"],
  ]);
});

test.each<[string, PromotionInit, string[], [string, string[]]]>([
  ["a path that is none", {}, ["titel"], ["UPDATE_MASK_INVALID", []]],
  ["no part of a message", {}, ["target.sku"], ["UPDATE_MASK_INVALID", []]],
  ["a part of a time", {}, ["start_time.seconds"], ["UPDATE_MASK_INVALID", []]],
  ["an entry of a list", {}, ["minimum.amount"], ["UPDATE_MASK_INVALID", []]],
  ["a part of a part", {}, ["percentage.maximum.amount"], ["UPDATE_MASK_INVALID", []]],
  ["a part of its output", {}, ["id.x"], ["UPDATE_MASK_INVALID", []]],
  ["a field that only the service sets", {}, ["redeemed"], ["UPDATE_MASK_INVALID", []]],
  ["nothing", {}, [], ["UPDATE_MASK_INVALID", []]],
  ["the etag alone", {}, ["etag"], ["UPDATE_MASK_INVALID", []]],
  [
    "what the contract forbids",
    { title: "x".repeat(201) },
    ["title"],
    ["INVALID_ARGUMENT", ["promotion.title"]],
  ],
  [
    "what does not fit the rest",
    { customerLimit: 6n },
    ["customer_limit"],
    ["PROMOTION_INVALID", ["promotion.customer_limit"]],
  ],
])("an update is refused that names %s", async (_name, content, paths, want) => {
  const made = await shop.make({ limit: 5n });
  expect(await refusedFields(shop.update(made.id, content, paths))).toEqual(want);
  expect(await get(made.id)).toEqual(made);
});

test("a limit is not set below what is redeemed", async () => {
  const { id } = await shop.make({ automatic: true });
  for (const order of ["o1", "o2"]) await shop.redeem(`below-${order}`, [id]);
  await expectReason(shop.update(id, { limit: 1n }, ["limit"]), "PROMOTION_INVALID", {
    field: "promotion.limit",
    description: "2 orders use it already",
  });
  expect(await shop.update(id, { limit: 2n }, ["limit"])).toMatchObject({ limit: 2n, redeemed: 2n });
});

test("an etag makes an update fail when somebody else was quicker; redeeming changes none", async () => {
  const made = await shop.make({ automatic: true });
  await shop.redeem("etag", [made.id]);
  const second = await shop.update(made.id, { title: "Second", etag: made.etag }, ["title", "etag"]);
  await expectReason(shop.update(made.id, { title: "Third", etag: made.etag }, ["title"]), "ETAG_MISMATCH", {
    promotion_id: made.id,
    etag: second.etag,
  });
  expect(await get(made.id)).toEqual(second);
});

test("a promotion that is not there", async () => {
  const metadata = { promotion_id: "prm_none" };
  await expectReason(get("prm_none"), "PROMOTION_NOT_FOUND", metadata);
  await expectReason(shop.update("prm_none", { title: "T" }, ["title"]), "PROMOTION_NOT_FOUND", metadata);
  expect(await refusedFields(shop.update("", { title: "T" }, ["title"]))).toEqual([
    "INVALID_ARGUMENT",
    ["promotion.id"],
  ]);
});

test("the list has each promotion once, the newest first, also those of one moment", async () => {
  await using other = await openTestPromotions();
  const made: string[] = [];
  for (let i = 0; i < 7; i++) {
    if (i % 3 === 0) other.advance(1_000);
    made.unshift((await other.make()).id);
  }
  const listed: string[] = [];
  let pageToken = "";
  do {
    const page = await other.client.listPromotions({ pageSize: 3, pageToken }, as.staff);
    listed.push(...page.promotions.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(listed).toEqual(made);
  await expectReason(other.client.listPromotions({ pageToken: "x" }, as.staff), "PAGE_TOKEN_INVALID", {});
});
