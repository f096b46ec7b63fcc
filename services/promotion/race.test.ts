import { afterAll, beforeAll, expect, test } from "vitest";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { tally } from "../../lib/testing/failures.ts";
import { percent } from "./testing/offers.ts";
import { createReplica, openTestPromotions, type TestPromotions } from "./testing/shop.ts";

let shop: TestPromotions;
beforeAll(async () => {
  shop = await openTestPromotions();
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const many = (count: number, call: (i: number) => Promise<unknown>) =>
  Promise.allSettled(Array.from({ length: count }, (_, i) => call(i))).then(tally);

test("500 orders at once with a code limited to 50: exactly 50 have it", async () => {
  const { id } = await shop.makeWith(["FIFTY"], {}, { limit: 50n });
  expect(await many(500, (i) => shop.redeem(`fifty-${i}`, [`${id}/FIFTY`]))).toEqual({
    ok: 50,
    LIMIT_REACHED: 450,
  });
  const { coupons } = await shop.client.listCoupons({ promotionId: id }, as.staff);
  expect(coupons.map(({ redeemed }) => redeemed)).toEqual([50n]);
  expect(await shop.redeemed(id)).toBe(50);
});

test("a promotion's limit holds over all its coupons and on two replicas", async () => {
  const codes = Array.from({ length: 40 }, (_, i) => `EACH-${i}`);
  const { id } = await shop.makeWith(codes, { limit: 25n });
  const replicas = [shop.client, createReplica(shop.database.open("promotion"), shop.clock)];
  const outcome = await many(80, (i) => {
    const orderId = `each-${i}`;
    const promotions = [{ promotionId: id, code: codes[i % 40] ?? "" }];
    return (replicas[i % 2] ?? shop.client).redeem({ orderId, promotions, customerKey: orderId }, order);
  });
  expect(outcome).toEqual({ ok: 25, LIMIT_REACHED: 55 });
});

test("a customer's limit holds for many orders of one customer at once, and for others, too", async () => {
  const { id } = await shop.make({ automatic: true, customerLimit: 3n });
  const outcome = await many(60, (i) => shop.redeem(`mine-${i}`, [id], i % 2 ? "ada@example.com" : "cus_1"));
  expect(outcome).toEqual({ ok: 6, CUSTOMER_LIMIT_REACHED: 54 });
});

test("one order redeemed 50 times at once counts once", async () => {
  const { id } = await shop.make({ automatic: true });
  expect(await many(50, () => shop.redeem("one", [id]))).toEqual({ ok: 50 });
  expect(await shop.redeemed(id)).toBe(1);
});

test("one order with two contents at once: one of them has it", async () => {
  const [a, b] = [await shop.make({ automatic: true }), await shop.make({ automatic: true })];
  expect(await many(20, (i) => shop.redeem("either", [i % 2 ? a.id : b.id]))).toEqual({
    ok: 10,
    REDEMPTION_MISMATCH: 10,
  });
  expect((await shop.redeemed(a.id)) + (await shop.redeemed(b.id))).toBe(1);
});

test("redeem and release of one order at once: released in the end, whoever was first", async () => {
  const { id } = await shop.makeWith(["DUEL"], {}, { limit: 1n });
  for (let round = 0; round < 20; round++) {
    const orderId = `duel-${round}`;
    const [redeemed, released] = await Promise.allSettled([
      shop.redeem(orderId, [`${id}/DUEL`]),
      shop.release(orderId),
    ]);
    expect(["ok", "REDEMPTION_RELEASED"]).toContain(Object.keys(tally([redeemed]))[0]);
    expect(released.status).toBe("fulfilled");
    expect(await shop.redeemed(id)).toBe(0);
  }
});

test("what is given back is there for others, at once", async () => {
  const { id } = await shop.makeWith(["SWAP"], {}, { limit: 10n });
  for (let i = 0; i < 10; i++) await shop.redeem(`swap-old-${i}`, [`${id}/SWAP`]);
  const [released, outcomes] = await Promise.all([
    many(10, (i) => shop.release(`swap-old-${i}`)),
    many(30, (i) => shop.redeem(`swap-new-${i}`, [`${id}/SWAP`])),
  ]);
  expect(released).toEqual({ ok: 10 });
  const { ok = 0, LIMIT_REACHED: late = 0 } = outcomes;
  expect(ok + late).toBe(30);
  expect(ok).toBeLessThanOrEqual(10);
  const left = await many(10, (i) => shop.redeem(`swap-last-${i}`, [`${id}/SWAP`]));
  expect(left).toEqual(ok === 10 ? { LIMIT_REACHED: 10 } : { ok: 10 - ok, ...(ok && { LIMIT_REACHED: ok }) });
});

test("orders with the same promotions and codes in any order never deadlock", async () => {
  const made = await Promise.all(
    ["X", "Y", "Z"].map(async (letter) => {
      const { id } = await shop.makeWith([`CROSS-${letter}`]);
      return `${id}/CROSS-${letter}`;
    }),
  );
  const before = shop.statements.filter((text) => text === "rollback").length;
  const outcome = await many(90, async (i) => {
    const turned = [...made.slice(i % 3), ...made.slice(0, i % 3)];
    await shop.redeem(`cross-${i}`, i % 2 ? turned : turned.toReversed());
    if (i % 3 === 0) await shop.release(`cross-${i}`);
  });
  expect(outcome).toEqual({ ok: 90 });
  expect(shop.statements.filter((text) => text === "rollback")).toHaveLength(before);
});

test("a limit that is lowered meanwhile is never passed", async () => {
  const { id } = await shop.make({ automatic: true, limit: 100n });
  const [redeemed, lowered] = await Promise.all([
    many(60, (i) => shop.redeem(`lower-${i}`, [id])),
    many(1, () => shop.update(id, { limit: 30n }, ["limit"])),
  ]);
  const { ok = 0 } = redeemed;
  expect(ok).toBe("ok" in lowered ? 30 : 60);
  expect(await shop.redeemed(id)).toBe(ok);
});

test("of many who make the same coupons in different orders one does, and nobody deadlocks", async () => {
  const { id } = await shop.make();
  const codes = Array.from({ length: 200 }, (_, i) => `SAME-${i}`);
  const outcome = await many(8, (i) =>
    shop.client.createCoupons({ promotionId: id, codes: i % 2 ? codes : codes.toReversed() }, as.staff),
  );
  expect(outcome).toEqual({ ok: 1, COUPON_EXISTS: 7 });
});

test("of many updates with one etag exactly one is made", async () => {
  const { id, etag } = await shop.make();
  const outcome = await many(16, (i) =>
    shop.update(id, { ...percent(20), title: `T${i}`, etag }, ["title", "percentage"]),
  );
  expect(outcome).toEqual({ ok: 1, ETAG_MISMATCH: 15 });
});
