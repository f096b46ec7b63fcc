import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Evaluation } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo, refusedFields } from "../../lib/testing/failures.ts";
import { amount, freeShipping, percent } from "./testing/offers.ts";
import { createReplica, openTestPromotions, requestOf, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
beforeEach(async () => {
  await shop?.[Symbol.asyncDispose]();
  shop = await openTestPromotions();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const usd = (cents: bigint) => ({ currencyCode: "USD", amount: cents });
const refused = ({ refusedCodes }: Evaluation) =>
  Object.fromEntries(refusedCodes.map(({ code, reason }) => [code, reason]));
const applied = ({ applied: list }: Evaluation) => list.map(({ promotionId, code }) => [promotionId, code]);

test("discounts are itemised by line, summed, and named for Redeem", async () => {
  const ten = await shop.make({ automatic: true, title: "Ten" });
  shop.advance(1);
  const ship = await shop.makeWith(["SHIP"], { title: "Free shipping", ...freeShipping() });
  expect(await shop.evaluate("A 1x1000, B 2x55, C 0x9, ship 490", { codes: ["ship"] })).toMatchObject({
    lineDiscounts: [
      { sku: "A", promotionId: ten.id, title: "Ten", code: "", amount: usd(100n) },
      { sku: "B", promotionId: ten.id, title: "Ten", code: "", amount: usd(11n) },
    ],
    shippingDiscounts: [{ promotionId: ship.id, title: "Free shipping", code: "SHIP", amount: usd(490n) }],
    itemDiscount: usd(111n),
    shippingDiscount: usd(490n),
    applied: [
      { promotionId: ten.id, code: "" },
      { promotionId: ship.id, code: "SHIP" },
    ],
    refusedCodes: [],
  });
});

test("free shipping applies before a method is chosen, with no discount yet", async () => {
  const { id } = await shop.makeWith(["SHIP"], freeShipping());
  const evaluation = await shop.evaluate("A 1x1000", { codes: ["SHIP"] });
  expect(applied(evaluation)).toEqual([[id, "SHIP"]]);
  expect(evaluation).toMatchObject({ shippingDiscounts: [], shippingDiscount: usd(0n) });
});

test("an empty cart gets nothing, in no currency", async () => {
  await shop.makeWith(["TEN"]);
  const evaluation = await shop.client.evaluate({ codes: ["TEN", "NONE"] }, as.service("cart"));
  expect(refused(evaluation)).toEqual({ TEN: "NOTHING_TARGETED", NONE: "COUPON_NOT_FOUND" });
  expect([evaluation.itemDiscount, evaluation.shippingDiscount]).toEqual([undefined, undefined]);
});

test("letters count alike in both cases, blanks around a code do not, and a code given twice is one", async () => {
  const { id } = await shop.makeWith(["Summer-26"]);
  const evaluation = await shop.evaluate("A 1x1000", { codes: [" sUmMeR-26 ", "SUMMER-26", "no", "NO"] });
  expect(applied(evaluation)).toEqual([[id, "SUMMER-26"]]);
  expect(refused(evaluation)).toEqual({ no: "COUPON_NOT_FOUND" });
});

test("each code that gives nothing is refused with its reason, as it was given", async () => {
  const at = (ms: number) => ({
    seconds: BigInt(Math.floor((shop.clock().getTime() + ms) / 1000)),
    nanos: 0,
  });
  await shop.makeWith(["paused"], { paused: true });
  await shop.makeWith(["early"], { startTime: at(60_000) });
  await shop.makeWith(["late"], { endTime: at(0) });
  await shop.makeWith(["off"]);
  await shop.client.disableCoupon({ code: "OFF" }, as.staff);
  const full = await shop.makeWith(["full"], { limit: 1n });
  await shop.redeem("o-full", [`${full.id}/FULL`]);
  const used = await shop.makeWith(["used"], {}, { limit: 1n });
  await shop.redeem("o-used", [`${used.id}/USED`]);
  const mine = await shop.makeWith(["mine"], { customerLimit: 1n });
  await shop.redeem("o-mine", [`${mine.id}/MINE`], "cus_1");
  await shop.makeWith(["short"], { minimum: [usd(2_000n)] });
  await shop.makeWith(["other"], { target: { skus: ["B"] } });
  await shop.makeWith(["euro"], { minimum: [{ currencyCode: "EUR", amount: 1n }] });
  await shop.makeWith(["alone"], { ...percent(5), exclusive: true });
  await shop.makeWith(["good", "again"], percent(10));
  const want = {
    paused: "PAUSED",
    early: "NOT_STARTED",
    late: "ENDED",
    off: "DISABLED",
    full: "LIMIT_REACHED",
    used: "LIMIT_REACHED",
    mine: "CUSTOMER_LIMIT_REACHED",
    short: "MINIMUM_NOT_REACHED",
    other: "NOTHING_TARGETED",
    euro: "CURRENCY_NOT_COVERED",
    alone: "NOT_COMBINABLE",
    again: "NOT_COMBINABLE",
    none: "COUPON_NOT_FOUND",
  };
  const codes = ["good", ...Object.keys(want)];
  const evaluation = await shop.evaluate("A 1x1000", { codes, customerKey: "cus_1" });
  expect(refused(evaluation)).toEqual(want);
  expect(evaluation.applied.map(({ code }) => code)).toEqual(["GOOD"]);
});

test("a customer's limit counts by account, and by e-mail address whatever its letters; else not at all", async () => {
  const { id } = await shop.makeWith(["ONCE"], { customerLimit: 1n });
  await shop.redeem("o-1", [`${id}/ONCE`], "Ada@Example.com");
  const codes = ["ONCE"];
  const as = (customerKey: string) => shop.evaluate("A 1x1000", { codes, customerKey });
  expect(refused(await as("ada@example.com"))).toEqual({ ONCE: "CUSTOMER_LIMIT_REACHED" });
  expect(refused(await as("bob@example.com"))).toEqual({});
  expect(refused(await as(""))).toEqual({});
});

test("what the order itself redeemed does not count against it", async () => {
  const { id } = await shop.makeWith(["LAST"], { limit: 1n, customerLimit: 1n }, { limit: 1n });
  const customerKey = "cus_1";
  await shop.redeem("o-1", [`${id}/LAST`], customerKey);
  const codes = ["LAST"];
  const again = (orderId: string) => shop.evaluate("A 1x1000", { codes, customerKey, orderId });
  expect(applied(await again("o-1"))).toEqual([[id, "LAST"]]);
  expect(refused(await again("o-2"))).toEqual({ LAST: "LIMIT_REACHED" });
  await shop.release("o-1");
  expect(applied(await again("o-2"))).toEqual([[id, "LAST"]]);
});

test("of an order's own coupon, that of another coupon of the same promotion stays counted", async () => {
  const { id } = await shop.makeWith(["ONE", "TWO"], {}, { limit: 1n });
  await shop.redeem("o-1", [`${id}/ONE`]);
  await shop.redeem("o-2", [`${id}/TWO`]);
  const evaluation = await shop.evaluate("A 1x1000", { codes: ["ONE", "TWO"], orderId: "o-1" });
  expect(applied(evaluation)).toEqual([[id, "ONE"]]);
  expect(refused(evaluation)).toEqual({ TWO: "LIMIT_REACHED" });
});

test("an automatic promotion's own order, on a list that is a moment old", async () => {
  const { id } = await shop.make({ automatic: true, limit: 1n });
  await shop.evaluate("A 1x1000");
  await shop.redeem("o-1", [id]);
  expect(applied(await shop.evaluate("A 1x1000", { orderId: "o-1" }))).toEqual([[id, ""]]);
});

test("what changes automatic promotions is seen at once where it is made, elsewhere within a second", async () => {
  const elsewhere = createReplica(shop.database.open("promotion"), shop.clock);
  const gets = async () => {
    const [here, there] = await Promise.all([
      shop.evaluate("A 1x1000"),
      elsewhere.evaluate(requestOf("A 1x1000"), as.service("cart")),
    ]);
    return [here, there].map((evaluation) => evaluation.itemDiscount?.amount);
  };
  expect(await gets()).toEqual([0n, 0n]);
  const { id } = await shop.make({ automatic: true });
  expect(await gets()).toEqual([100n, 0n]);
  shop.advance(1_000);
  expect(await gets()).toEqual([100n, 100n]);
  await shop.update(id, amount(1), ["amount_off"]);
  expect(await gets()).toEqual([1n, 100n]);
  shop.advance(1_000);
  expect(await gets()).toEqual([1n, 1n]);
});

test("periods are exact, however old the list", async () => {
  const seconds = BigInt(shop.clock().getTime() / 1000);
  await shop.make({
    automatic: true,
    startTime: { seconds, nanos: 200_000_000 },
    endTime: { seconds, nanos: 600_000_000 },
  });
  const gets: (bigint | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    gets.push((await shop.evaluate("A 1x1000")).itemDiscount?.amount);
    shop.advance(200);
  }
  expect(gets).toEqual([0n, 100n, 100n, 0n]);
});

test("a refusal of Redeem has the next Evaluate read again", async () => {
  const { id } = await shop.make({ automatic: true, limit: 1n });
  await shop.evaluate("A 1x1000");
  await shop.redeem("o-1", [id]);
  await expectReason(shop.redeem("o-2", [id]), "LIMIT_REACHED", { promotion_id: id });
  expect(applied(await shop.evaluate("A 1x1000"))).toEqual([]);
});

test("a list that could not be read is asked for again", async () => {
  await shop.make({ automatic: true });
  await shop.database.db.run({ text: "alter table promotion rename to hidden", values: [], name: undefined });
  const failed = await shop.evaluate("A 1x1000").catch((err: unknown) => ConnectError.from(err).code);
  await shop.database.db.run({ text: "alter table hidden rename to promotion", values: [], name: undefined });
  expect(failed).toBe(Code.Internal);
  expect((await shop.evaluate("A 1x1000")).itemDiscount).toMatchObject(usd(100n));
});

test.each<[string, string, string, Record<string, string>]>([
  ["lines", "A 1x1", "B 1x1", { field: "lines[1].unit_price", currency_code: "EUR", expected: "USD" }],
  ["shipping", "A 1x1", "ship 1", { field: "shipping_price", currency_code: "EUR", expected: "USD" }],
])("CURRENCY_MIXED: %s", async (_name, dollars, euros, metadata) => {
  const [one, two] = [requestOf(dollars), requestOf(`EUR: ${euros}`)];
  const request = { lines: [...(one.lines ?? []), ...(two.lines ?? [])], shippingPrice: two.shippingPrice };
  expect(await failureInfo(shop.client.evaluate(request, as.service("cart")))).toEqual({
    reason: "CURRENCY_MIXED",
    metadata: metadata,
  });
});

const line = { sku: "A", quantity: 1n, unitPrice: usd(1n) };
test.each<[string, object, string[]]>([
  ["a SKU twice", { lines: [line, line] }, ["lines[1].sku"]],
  ["a price below 0", { lines: [{ ...line, unitPrice: usd(-1n) }] }, ["lines[0].unit_price.amount"]],
  [
    "no such currency",
    { lines: [{ ...line, unitPrice: { currencyCode: "XYZ", amount: 1n } }] },
    ["lines[0].unit_price.currency_code"],
  ],
  ["a shipping price below 0", { shippingPrice: usd(-1n) }, ["shipping_price.amount"]],
  [
    "a line of 16 digits",
    { lines: [{ ...line, quantity: 2n, unitPrice: usd(10n ** 15n - 1n) }] },
    ["lines[0]"],
  ],
  [
    "lines of 16 digits in all",
    { lines: ["A", "B"].map((sku) => ({ ...line, sku, unitPrice: usd(10n ** 15n - 1n) })) },
    ["lines[1]"],
  ],
])("INVALID_ARGUMENT: %s", async (_name, request, fields) => {
  const call = shop.client.evaluate(request, as.service("cart"));
  expect(await refusedFields(call)).toEqual(["INVALID_ARGUMENT", fields]);
});
