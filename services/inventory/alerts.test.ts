import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { notifyFailure, openTestCheck, type TestCheck } from "./testing/check.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
let checked: TestCheck;
beforeAll(async () => {
  shop = await openTestInventory();
  checked = openTestCheck(shop);
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await checked.check();
  await checked.work();
  checked.told.length = 0;
  shop.advance(1_000);
});

const order = as.service("order");
const watch = (sku: string, threshold?: bigint, requestId = "") =>
  shop.client.setLowStockThreshold(
    { sku, requestId, ...(threshold !== undefined && { threshold }) },
    as.staff,
  );
const alertsOf = async (sku: string) => {
  const { alerts } = await shop.client.listStockAlerts({ pageSize: 200 }, as.staff);
  return alerts
    .filter((alert) => alert.sku === sku)
    .map(({ available, threshold, resolveTime }) => [available, threshold, resolveTime !== undefined]);
};
const eventsOf = (sku: string) =>
  shop.database.db
    .query<{ type: string; available: bigint }>(
      sql`select type, available from stock_event where sku = ${sku} order by id`,
    )
    .then((rows) => rows.map(({ type, available }) => [type, available]));

test("a SKU that falls to its threshold is alerted of once, until there is more again", async () => {
  checked.titles.set("MUG", "Mug");
  await shop.stock("MUG", 5n);
  expect(await watch("MUG", 3n)).toMatchObject({ sku: "MUG", available: 5n, threshold: 3n });
  await checked.check();
  expect(await alertsOf("MUG")).toEqual([]);
  await shop.reserve("mug-1", { MUG: 2 });
  await checked.check();
  await checked.check();
  await checked.work();
  const [alert] = (await shop.client.listStockAlerts({ openOnly: true }, as.staff)).alerts;
  expect(checked.told).toEqual([
    { key: alert?.id, kind: "LOW", to: "", language: "", sku: "MUG", title: "Mug, blue", available: 3n },
  ]);
  expect(await alertsOf("MUG")).toEqual([[3n, 3n, false]]);
  await shop.client.release({ reservationId: "mug-1" }, order);
  await checked.check();
  expect(await alertsOf("MUG")).toEqual([[3n, 3n, true]]);
  expect((await shop.client.listStockAlerts({ openOnly: true }, as.staff)).alerts).toEqual([]);
  shop.advance(1_000);
  await shop.reserve("mug-2", { MUG: 4 });
  await checked.check();
  expect(await alertsOf("MUG")).toEqual([
    [1n, 3n, false],
    [3n, 3n, true],
  ]);
  expect(await eventsOf("MUG")).toEqual([
    ["stock.low", 3n],
    ["stock.replenished", 5n],
    ["stock.low", 1n],
  ]);
});

test("that nothing is left is told of once for an alert", async () => {
  await shop.stock("CUP", 2n);
  await watch("CUP", 1n);
  await shop.reserve("cup-1", { CUP: 1 });
  await checked.check();
  await shop.reserve("cup-2", { CUP: 1 });
  await checked.check();
  await shop.client.release({ reservationId: "cup-2" }, order);
  await checked.check();
  await shop.reserve("cup-3", { CUP: 1 });
  await checked.check();
  await shop.stock("CUP", 9n);
  await checked.check();
  expect(await eventsOf("CUP")).toEqual([
    ["stock.low", 1n],
    ["stock.out", 0n],
    ["stock.replenished", 7n],
  ]);
});

test("what counts is what can be had at all locations, and units whose hold is due", async () => {
  await shop.location("attic", 0);
  await shop.stock("POT", 1n);
  await shop.client.setStock({ sku: "POT", locationId: "attic", onHand: 2n }, as.staff);
  await watch("POT", 2n);
  await checked.check();
  expect(await alertsOf("POT")).toEqual([]);
  await shop.reserve("pot", { POT: 1 }, 60);
  await checked.check();
  expect(await alertsOf("POT")).toEqual([[2n, 2n, false]]);
  shop.advance(60_000);
  await checked.check();
  expect(await alertsOf("POT")).toEqual([[2n, 2n, true]]);
});

test("a SKU that is not watched any more has no open alert", async () => {
  await shop.stock("PAN", 0n);
  await watch("PAN", 0n);
  await checked.check();
  expect(await alertsOf("PAN")).toEqual([[0n, 0n, false]]);
  expect((await watch("PAN")).threshold).toBeUndefined();
  expect(await alertsOf("PAN")).toEqual([[0n, 0n, true]]);
  await checked.check();
  expect(await alertsOf("PAN")).toHaveLength(1);
});

test("replicas that look at once open one alert, and tell of it once", async () => {
  for (let i = 0; i < 20; i++) {
    await shop.stock(`RACE-${i}`, 0n);
    await watch(`RACE-${i}`, 5n);
  }
  await Promise.all(Array.from({ length: 8 }, () => checked.check()));
  await checked.work();
  expect(checked.told.map(({ sku }) => sku).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
    Array.from({ length: 20 }, (_, i) => `RACE-${i}`).toSorted((a, b) => (a < b ? -1 : 1)),
  );
  await Promise.all(Array.from({ length: 20 }, (_, i) => shop.stock(`RACE-${i}`, 6n)));
  await Promise.all(Array.from({ length: 8 }, () => checked.check()));
  expect(await eventsOf("RACE-7")).toEqual([
    ["stock.low", 0n],
    ["stock.out", 0n],
    ["stock.replenished", 6n],
  ]);
});

test("nobody loses an alert because a message could not be sent; one that is refused is done with", async () => {
  await shop.stock("LID", 0n);
  await watch("LID", 0n);
  await checked.check();
  checked.failing = notifyFailure("PROVIDER_UNAVAILABLE", { provider: "Mail" });
  expect(await checked.work()).toBe(1);
  expect(await checked.work()).toBe(0);
  expect(checked.told.map(({ sku, title }) => [sku, title])).toEqual([["LID", ""]]);
  await shop.stock("LID", 1n);
  await checked.check();
  await shop.stock("LID", 0n);
  await checked.check();
  checked.failing = notifyFailure("MESSAGE_REFUSED", { message: "no" });
  expect(await checked.work()).toBe(0);
});

test("a threshold is for a SKU that has stock; a repeated call is the same call", async () => {
  expect(reasonOf(await failureOf(watch("NONE", 1n)))).toBe("STOCK_NOT_FOUND");
  await shop.stock("KEY", 5n);
  const first = await watch("KEY", 1n, "k");
  await shop.stock("KEY", 9n);
  expect(await watch("KEY", 1n, "k")).toEqual(first);
  expect(reasonOf(await failureOf(watch("KEY", 2n, "k")))).toBe("REQUEST_ID_REUSED");
});

test("alerts are listed page by page", async () => {
  const ids: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await shop.client.listStockAlerts({ pageSize: 4, pageToken }, as.staff);
    ids.push(...page.alerts.map(({ id }) => id));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  const all = (await shop.client.listStockAlerts({ pageSize: 200 }, as.staff)).alerts.map(({ id }) => id);
  expect(ids).toEqual(all);
  expect(all.length).toBeGreaterThan(20);
  const other = shop.client.listStockAlerts({ pageToken: "x" }, as.staff);
  expect(reasonOf(await failureOf(other))).toBe("PAGE_TOKEN_INVALID");
});

test("a check that finds nothing is one statement, and one transaction for the notices", async () => {
  await checked.check();
  const before = shop.statements.length;
  expect(await checked.check()).toBe(0);
  expect(shop.statements.slice(before)).toHaveLength(4);
});
