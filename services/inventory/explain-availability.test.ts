import { timestampDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

const explain = (sku: string) => shop.client.explainAvailability({ sku }, as.staff);

test("an explanation names counters, holders with their times, and the latest changes", async () => {
  await shop.stock("WHY", 10n);
  await shop.client.createLocation({ location: { id: "attic", name: "Attic", priority: -1 } }, as.staff);
  await shop.client.setStock({ sku: "WHY", locationId: "attic", onHand: 4n }, as.staff);
  await shop.reserve("why-late", { WHY: 2 }, 600);
  await shop.reserve("why-soon", { WHY: 3 }, 60);
  await shop.reserve("why-other", { WHY: 1 }, 120);
  await shop.client.release({ reservationId: "why-other" }, as.service("order"));
  shop.advance(60_000);

  const { stock, holds, holdCount, due, ledger } = await explain("WHY");
  expect(stock.map((item) => [item.locationId, item.onHand, item.reserved, item.available])).toEqual([
    ["attic", 4n, 0n, 4n],
    ["main", 10n, 2n, 8n],
  ]);
  const times = holds.map(({ expireTime }) => expireTime && timestampDate(expireTime).toISOString());
  expect(times).toEqual(["2026-01-31T12:01:00.000Z", "2026-01-31T12:10:00.000Z"]);
  expect(holds.map((hold) => [hold.reservationId, hold.locationId, hold.quantity, hold.due])).toEqual([
    ["why-soon", "main", 3n, true],
    ["why-late", "main", 2n, false],
  ]);
  expect({ holdCount, due }).toEqual({ holdCount: 2n, due: 3n });
  expect(ledger.map((entry) => [entry.reason, entry.reservationId])).toEqual([
    ["release", "why-other"],
    ["reserve", "why-other"],
    ["reserve", "why-soon"],
    ["reserve", "why-late"],
    ["count", ""],
    ["count", ""],
  ]);
});

test("200 holds and 50 entries are listed, all holds are counted", async () => {
  await shop.stock("CROWD", 1000n);
  await Promise.all(Array.from({ length: 201 }, (_, i) => shop.reserve(`crowd-${i}`, { CROWD: 1 })));
  const { holds, holdCount, due, ledger } = await explain("CROWD");
  expect([holds.length, holdCount, due, ledger.length]).toEqual([200, 201n, 0n, 50]);
  expect(ledger[0]?.id).toBeGreaterThan(ledger[49]?.id ?? 0n);
});

test("a SKU without stock is STOCK_NOT_FOUND", async () => {
  const info = errorInfo(await failureOf(explain("NONE")));
  expect(info).toMatchObject({ reason: "STOCK_NOT_FOUND", metadata: { sku: "NONE" } });
});

test("while a hot SKU is sold, counters, holds and ledger of an explanation agree", async () => {
  await shop.stock("HOT", 300n);
  const buyers = Array.from({ length: 150 }, (_, i) => shop.reserve(`hot-${i}`, { HOT: 1 }));
  let selling = true;
  const sales = Promise.all(buyers).finally(() => {
    selling = false;
  });
  let looked = 0;
  for (; selling || looked < 3; looked++) {
    const { stock, holdCount, holds, ledger } = await explain("HOT");
    expect(stock[0]?.reserved).toBe(holdCount);
    expect(BigInt(holds.length)).toBe(holdCount);
    const newest = ledger[0]?.reservationId ?? "";
    expect(newest === "" || holds.some((hold) => hold.reservationId === newest)).toBe(true);
  }
  await sales;
});

test("an explanation costs six statements, `begin` and `commit` included", async () => {
  const before = shop.statements.length;
  await explain("WHY");
  expect(shop.statements.length - before).toBe(6);
});
