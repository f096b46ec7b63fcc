import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const tally = (outcomes: PromiseSettledResult<unknown>[]) => {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const key = outcome.status === "fulfilled" ? "ok" : (reasonOf(outcome.reason) ?? String(outcome.reason));
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};

test("400 buyers of 100 units: exactly 100 hold one", async () => {
  await shop.stock("HOT", 100n);
  const buyers = Array.from({ length: 400 }, (_, i) => shop.reserve(`hot-${i}`, { HOT: 1 }));
  expect(tally(await Promise.allSettled(buyers))).toEqual({ ok: 100, INSUFFICIENT_STOCK: 300 });
  expect(await shop.counters("HOT")).toEqual({ onHand: 100n, reserved: 100n, available: 0n });
});

test("carts of three SKUs in any order never deadlock", async () => {
  const skus = ["CROSS-1", "CROSS-2", "CROSS-3"];
  for (const sku of skus) await shop.stock(sku, 60n);
  const buyers = Array.from({ length: 240 }, (_, i) => {
    const turned = [...skus.slice(i % 3), ...skus.slice(0, i % 3)];
    const lines = Object.fromEntries((i % 2 ? turned : turned.reverse()).map((sku) => [sku, 1]));
    return shop.reserve(`cross-${i}`, lines);
  });
  expect(tally(await Promise.allSettled(buyers))).toEqual({ ok: 60, INSUFFICIENT_STOCK: 180 });
});

test("one id reserved 50 times at once is one reservation", async () => {
  await shop.stock("ONE", 100n);
  const calls = Array.from({ length: 50 }, () => shop.reserve("one", { ONE: 2 }));
  expect(tally(await Promise.allSettled(calls))).toEqual({ ok: 50 });
  expect(await shop.counters("ONE")).toMatchObject({ reserved: 2n });
});

test("commit and release of one hold at once: exactly one of them has it", async () => {
  await shop.stock("DUEL", 100n);
  for (let round = 0; round < 20; round++) {
    const reservationId = `duel-${round}`;
    await shop.reserve(reservationId, { DUEL: 1 });
    const outcomes = await Promise.allSettled([
      shop.client.commit({ reservationId }, order),
      shop.client.release({ reservationId }, order),
    ]);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  }
  const { onHand, reserved } = await shop.counters("DUEL");
  expect(reserved).toBe(0n);
  expect(onHand).toBeGreaterThanOrEqual(80n);
});

test("due holds across two SKUs are taken over by crossing buyers without a deadlock", async () => {
  for (const sku of ["OVER-1", "OVER-2"]) await shop.stock(sku, 40n);
  for (let i = 0; i < 40; i++) await shop.reserve(`over-old-${i}`, { "OVER-1": 1, "OVER-2": 1 }, 60);
  shop.advance(60_000);
  const buyers = Array.from({ length: 80 }, (_, i) =>
    shop.reserve(`over-new-${i}`, i % 2 ? { "OVER-1": 1, "OVER-2": 1 } : { "OVER-2": 1, "OVER-1": 1 }),
  );
  const [outcomes] = await Promise.all([Promise.allSettled(buyers), shop.sweep(), shop.sweep()]);
  expect(tally(outcomes)).toEqual({ ok: 40, INSUFFICIENT_STOCK: 40 });
});
