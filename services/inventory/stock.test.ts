import { Code, type ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
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

const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );

test("a count and a delivery change what is on hand and stand in the ledger", async () => {
  await shop.stock("COUNT", 10n);
  await shop.client.adjustStock({ sku: "COUNT", delta: 5n, reason: "delivery" }, as.staff);
  await shop.stock("COUNT", 12n);
  const { entries } = await shop.client.listLedger({ sku: "COUNT" }, as.staff);
  expect(entries.map((entry) => [entry.onHandDelta, entry.reason])).toEqual([
    [-3n, "count"],
    [5n, "delivery"],
    [10n, "count"],
  ]);
});

test("staff cannot take away what buyers hold", async () => {
  await shop.stock("HELD", 3n);
  await shop.reserve("held", { HELD: 2 });
  const set = failure(shop.client.setStock({ sku: "HELD", onHand: 1n }, as.staff));
  expect(reasonOf(await set)).toBe("STOCK_BELOW_RESERVED");
  const adjust = failure(shop.client.adjustStock({ sku: "HELD", delta: -2n, reason: "loss" }, as.staff));
  expect(reasonOf(await adjust)).toBe("STOCK_BELOW_RESERVED");
  expect(await shop.counters("HELD")).toEqual({ onHand: 3n, reserved: 2n, available: 1n });
});

test("a keyed adjustment counts once, also when sent 10 times at once", async () => {
  await shop.stock("KEYED", 0n);
  const call = () =>
    shop.client.adjustStock({ sku: "KEYED", delta: 7n, reason: "delivery", requestId: "truck-7" }, as.staff);
  const answers = await Promise.all(Array.from({ length: 10 }, call));
  expect(new Set(answers.map((answer) => answer.onHand))).toEqual(new Set([7n]));
  expect(await shop.counters("KEYED")).toMatchObject({ onHand: 7n });
  const other = { sku: "KEYED", delta: 8n, reason: "delivery", requestId: "truck-7" };
  expect(reasonOf(await failure(shop.client.adjustStock(other, as.staff)))).toBe("REQUEST_ID_REUSED");
});

test("stock that was never set is not there, and counts as 0 in a check", async () => {
  expect(reasonOf(await failure(shop.client.getStock({ sku: "NONE" }, as.staff)))).toBe("STOCK_NOT_FOUND");
  const adjust = shop.client.adjustStock({ sku: "NONE", delta: 1n, reason: "found" }, as.staff);
  expect(reasonOf(await failure(adjust))).toBe("STOCK_NOT_FOUND");
  const { lines, available } = await shop.client.checkAvailability({
    lines: [{ sku: "NONE", quantity: 2n }],
  });
  expect(available).toBe(false);
  expect(lines[0]).toMatchObject({ requested: 2n, available: 0n, missing: 2n });
});

test("pages of stock and ledger are complete and do not overlap", async () => {
  for (let i = 0; i < 5; i++) await shop.stock(`PAGE-${i}`, BigInt(i));
  const seen: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await shop.client.listStock({ pageSize: 2, pageToken }, as.staff);
    seen.push(...page.items.map((item) => item.sku));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  expect(seen).toEqual([...new Set(seen)].sort());
  expect(seen.filter((sku) => sku.startsWith("PAGE-"))).toHaveLength(5);
  const low = await shop.client.listStock({ maxAvailable: 1n, pageSize: 200 }, as.staff);
  expect(low.items.every((item) => item.available <= 1n)).toBe(true);
});

test("the ledger cannot be rewritten", async () => {
  await shop.stock("FIXED", 1n);
  await expect(shop.database.db.query(sql`delete from ledger`)).rejects.toThrow("append-only");
  await expect(shop.database.db.query(sql`update ledger set on_hand_delta = 9`)).rejects.toThrow(
    "append-only",
  );
});

test.each([
  ["a negative count", { sku: "A", onHand: -1n }],
  ["more than a billion", { sku: "A", onHand: 1_000_000_001n }],
  ["an SKU with blanks", { sku: "A B", onHand: 1n }],
  ["no SKU", { sku: "", onHand: 1n }],
])("%s is refused", async (_name, request) => {
  const err = await failure(shop.client.setStock(request, as.staff));
  expect((err as ConnectError).code).toBe(Code.InvalidArgument);
});
