import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { sha256Hex } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason, failureInfo, refusedFields } from "../../lib/testing/failures.ts";
import { openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
beforeAll(async () => {
  shop = await openTestPromotions();
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const couponsOf = async (promotionId: string) => {
  const { coupons } = await shop.client.listCoupons({ promotionId }, as.staff);
  return coupons.map(({ code, redeemed }) => `${code} ${redeemed}`);
};

test("an order counts on its promotions and coupons, and is answered with what it uses", async () => {
  const auto = await shop.make({ automatic: true });
  const { id } = await shop.makeWith(["BB", "CC"]);
  const redemption = await shop.redeem("o-1", [`${id}/cc`, auto.id], "cus_1");
  expect(redemption).toMatchObject({
    orderId: "o-1",
    customerKey: "cus_1",
    promotions: [
      { promotionId: id, code: "CC" },
      { promotionId: auto.id, code: "" },
    ],
    redeemTime: timestampFromDate(shop.clock()),
  });
  expect(redemption.releaseTime).toBeUndefined();
  expect([await shop.redeemed(auto.id), await shop.redeemed(id)]).toEqual([1, 1]);
  expect(await couponsOf(id)).toEqual(["BB 0", "CC 1"]);
});

test("redeeming again counts nothing more, in whatever order and letters it is said", async () => {
  const auto = await shop.make({ automatic: true, limit: 1n });
  const { id } = await shop.makeWith(["AGAIN"], { limit: 1n, customerLimit: 1n });
  const first = await shop.redeem("o-again", [auto.id, `${id}/AGAIN`], "cus_1");
  shop.advance(1_000);
  expect(await shop.redeem("o-again", [`${id}/again`, auto.id], "cus_2")).toEqual(first);
  expect(await shop.redeemed(id)).toBe(1);
  await shop.update(id, { paused: true }, ["paused"]);
  expect(await shop.redeem("o-again", [auto.id, `${id}/AGAIN`])).toEqual(first);
});

test("another content of the same order is refused", async () => {
  const [a, b] = [await shop.make({ automatic: true }), await shop.make({ automatic: true })];
  const coupon = await shop.makeWith(["M1", "M2"]);
  await shop.redeem("o-mismatch", [a.id, `${coupon.id}/M1`]);
  for (const uses of [[a.id], [b.id, `${coupon.id}/M1`], [a.id, `${coupon.id}/M2`]]) {
    await expectReason(shop.redeem("o-mismatch", uses), "REDEMPTION_MISMATCH", { order_id: "o-mismatch" });
  }
  expect(await shop.redeemed(b.id)).toBe(0);
});

test("all or nothing: a limit that is reached keeps the rest from counting", async () => {
  const free = await shop.make({ automatic: true });
  const full = await shop.make({ automatic: true, limit: 1n });
  await shop.redeem("o-full", [full.id]);
  await expectReason(shop.redeem("o-rest", [free.id, full.id]), "LIMIT_REACHED", { promotion_id: full.id });
  expect(await shop.redeemed(free.id)).toBe(0);
  await shop.redeem("o-rest", [free.id]);
  expect(await shop.redeemed(free.id)).toBe(1);
});

test("a coupon's limit is told with its code, a customer's without", async () => {
  const { id } = await shop.makeWith(["K1", "K2"], { customerLimit: 1n }, { limit: 1n });
  await shop.redeem("o-k1", [`${id}/K1`], "cus_1");
  expect(await failureInfo(shop.redeem("o-k2", [`${id}/K1`], "cus_2"))).toEqual({
    reason: "LIMIT_REACHED",
    metadata: {
      promotion_id: id,
      code: "K1",
    },
  });
  expect(await failureInfo(shop.redeem("o-k3", [`${id}/K2`], "cus_1"))).toEqual({
    reason: "CUSTOMER_LIMIT_REACHED",
    metadata: {
      promotion_id: id,
    },
  });
});

test.each<[string, (shop: TestPromotions) => Promise<[string, string, string]>]>([
  ["PROMOTION_NOT_FOUND", async () => ["prm_none", "", "prm_none"]],
  [
    "NOT_AUTOMATIC",
    async (shop) => {
      const { id } = await shop.makeWith(["N1"]);
      return [id, "", id];
    },
  ],
  [
    "COUPON_NOT_FOUND",
    async (shop) => {
      const { id } = await shop.make();
      return [id, "N-NONE", id];
    },
  ],
  [
    "COUPON_NOT_FOUND",
    async (shop) => {
      await shop.makeWith(["N2"]);
      const { id } = await shop.make();
      return [id, "N2", id];
    },
  ],
  [
    "DISABLED",
    async (shop) => {
      const { id } = await shop.makeWith(["N3"]);
      await shop.client.disableCoupon({ code: "N3" }, as.staff);
      return [id, "N3", id];
    },
  ],
  [
    "PAUSED",
    async (shop) => {
      const { id } = await shop.makeWith(["N4"], { paused: true });
      return [id, "N4", id];
    },
  ],
  [
    "NOT_STARTED",
    async (shop) => {
      const startTime = timestampFromDate(new Date(shop.clock().getTime() + 1));
      const { id } = await shop.make({ automatic: true, startTime });
      return [id, "", id];
    },
  ],
  [
    "ENDED",
    async (shop) => {
      const { id } = await shop.make({ automatic: true, endTime: timestampFromDate(shop.clock()) });
      return [id, "", id];
    },
  ],
])("PROMOTION_NOT_ACTIVE: %s", async (why, make) => {
  const [id, code, promotion_id] = await make(shop);
  expect(await failureInfo(shop.redeem(`o-${why}`, [`${id}/${code}`]))).toEqual({
    reason: "PROMOTION_NOT_ACTIVE",
    metadata: {
      promotion_id,
      code,
      why,
    },
  });
});

test("a promotion is used once an order", async () => {
  const { id } = await shop.makeWith(["T1", "T2"]);
  expect(await refusedFields(shop.redeem("o-twice", [`${id}/T1`, `${id}/T2`]))).toEqual([
    "INVALID_ARGUMENT",
    ["promotions[1].promotion_id"],
  ]);
});

test("a release gives back what the order used, once, and closes it", async () => {
  const { id } = await shop.makeWith(["BACK"], { limit: 1n, customerLimit: 1n }, { limit: 1n });
  await shop.redeem("o-back", [`${id}/BACK`], "cus_1");
  shop.advance(1_000);
  const released = await shop.release("o-back");
  expect(released).toMatchObject({
    promotions: [{ promotionId: id, code: "BACK" }],
    releaseTime: timestampFromDate(shop.clock()),
  });
  shop.advance(1_000);
  expect(await shop.release("o-back")).toEqual(released);
  expect(await couponsOf(id)).toEqual(["BACK 0"]);
  await expectReason(shop.redeem("o-back", [`${id}/BACK`]), "REDEMPTION_RELEASED", { order_id: "o-back" });
  await shop.redeem("o-next", [`${id}/BACK`], "cus_1");
  expect(await couponsOf(id)).toEqual(["BACK 1"]);
});

test("a release that comes first keeps the order from redeeming", async () => {
  const { id } = await shop.make({ automatic: true });
  const released = await shop.release("o-early");
  expect(released).toMatchObject({ orderId: "o-early", promotions: [], customerKey: "" });
  expect(released.redeemTime).toBeUndefined();
  expect(released.releaseTime).toEqual(timestampFromDate(shop.clock()));
  expect(await shop.release("o-early")).toEqual(released);
  await expectReason(shop.redeem("o-early", [id]), "REDEMPTION_RELEASED", { order_id: "o-early" });
  expect(await shop.redeemed(id)).toBe(0);
});

test("of a guest the digest of the e-mail address is kept, and nothing else", async () => {
  const { id } = await shop.make({ automatic: true });
  const { customerKey } = await shop.redeem("o-guest", [id], "Ada@Example.com");
  expect(customerKey).toBe(sha256Hex("ada@example.com"));
  const rows = await shop.database.db.query<{ text: string }>(sql`
    select r::text as text from redemption r union all select u::text from redemption_use u`);
  expect(rows.filter(({ text }) => /example/i.test(text))).toEqual([]);
});

test("that a promotion is used up is said once", async () => {
  const { id } = await shop.make({ automatic: true, limit: 3n });
  const used = () => shop.lines.filter(({ promotionId }) => promotionId === id);
  await Promise.all(["1", "2"].map((i) => shop.redeem(`o-log-${i}`, [id])));
  expect(used()).toEqual([]);
  await Promise.allSettled(["3", "4", "5"].map((i) => shop.redeem(`o-log-${i}`, [id])));
  expect(used()).toMatchObject([{ msg: "promotion is used up", limit: "3" }]);
});

test("the tables themselves refuse what passes a limit", async () => {
  const { id } = await shop.makeWith(["GUARD"], { limit: 1n }, { limit: 1n });
  const { db } = shop.database;
  for (const value of [2, -1]) {
    await expect(
      db.query(sql`update promotion set redeemed = ${value} where id = ${id}`),
    ).rejects.toMatchObject({
      constraint: "promotion_redeemed_range",
    });
    await expect(
      db.query(sql`update coupon set redeemed = ${value} where code = 'GUARD'`),
    ).rejects.toMatchObject({
      constraint: "coupon_redeemed_range",
    });
  }
});

test("redemptions are listed, the newest first, of all, of a promotion, of an order", async () => {
  await using other = await openTestPromotions();
  const [a, b] = [await other.make({ automatic: true }), await other.make({ automatic: true })];
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 0) other.advance(1_000);
    if (i === 3) await other.release(`l-${i}`);
    else await other.redeem(`l-${i}`, i % 2 === 0 ? [a.id] : [b.id, a.id]);
  }
  await other.release("l-0");
  const list = async (filter: { promotionId?: string; orderId?: string }) => {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await other.client.listRedemptions({ ...filter, pageSize: 2, pageToken }, as.staff);
      ids.push(...page.redemptions.map(({ orderId }) => orderId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return ids;
  };
  expect(await list({})).toEqual(["l-5", "l-4", "l-3", "l-2", "l-1", "l-0"]);
  expect(await list({ promotionId: a.id })).toEqual(["l-5", "l-4", "l-2", "l-1", "l-0"]);
  expect(await list({ promotionId: b.id })).toEqual(["l-5", "l-1"]);
  expect(await list({ orderId: "l-4" })).toEqual(["l-4"]);
  expect(await list({ orderId: "l-4", promotionId: b.id })).toEqual([]);
  const { nextPageToken: pageToken } = await other.client.listRedemptions({ pageSize: 2 }, as.staff);
  const turned = other.client.listRedemptions({ orderId: "l-4", pageToken }, as.staff);
  await expectReason(turned, "PAGE_TOKEN_INVALID", {});
});
