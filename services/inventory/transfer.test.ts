import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
beforeAll(async () => {
  shop = await openTestInventory();
  await shop.location("east", 1);
  await shop.location("west", 0);
});
afterAll(async () => {
  expect(await shop.mismatches()).toEqual([]);
  await shop[Symbol.asyncDispose]();
});

const order = as.service("order");
const set = (sku: string, locationId: string, onHand: bigint, backorderLimit = 0n) =>
  shop.client.setStock({ sku, locationId, onHand, backorderLimit }, as.staff);
const transfer = (sku: string, quantity: bigint, more: object = {}) =>
  shop.client.transferStock(
    { sku, fromLocationId: "east", toLocationId: "west", quantity, ...more },
    as.staff,
  );
const reasonFor = async (call: Promise<unknown>) => reasonOf(await failureOf(call));

test("units move once, with an entry for each location", async () => {
  await set("MOVE", "east", 5n);
  const moved = await transfer("MOVE", 3n, { requestId: "k" });
  expect(moved).toMatchObject({
    from: { locationId: "east", onHand: 2n, available: 2n },
    to: { locationId: "west", onHand: 3n, available: 3n },
  });
  expect(await transfer("MOVE", 3n, { requestId: "k" })).toEqual(moved);
  expect(await reasonFor(transfer("MOVE", 2n, { requestId: "k" }))).toBe("REQUEST_ID_REUSED");
  const { entries } = await shop.client.listLedger({ sku: "MOVE" }, as.staff);
  expect(entries.slice(0, 2).map((entry) => [entry.reason, entry.locationId, entry.onHandDelta])).toEqual([
    ["transfer", "west", 3n],
    ["transfer", "east", -3n],
  ]);
});

test("units that somebody holds stay, whatever may be sold beyond them", async () => {
  await set("KEPT", "east", 5n, 10n);
  await shop.reserve("kept", { KEPT: 4 });
  expect(await reasonFor(transfer("KEPT", 2n))).toBe("STOCK_BELOW_RESERVED");
  await transfer("KEPT", 1n);
});

test("units whose hold is due are nobody's", async () => {
  await set("DUE", "east", 5n);
  await shop.reserve("due", { DUE: 4 }, 60);
  shop.advance(60_000);
  expect(await transfer("DUE", 5n)).toMatchObject({ from: { onHand: 0n, reserved: 0n }, to: { onHand: 5n } });
});

test("where they go they serve those who wait first", async () => {
  await set("WAIT", "west", 0n, 5n);
  await shop.reserve("wait", { WAIT: 2 });
  await shop.client.commit({ reservationId: "wait" }, order);
  await set("WAIT", "east", 3n);
  expect(await transfer("WAIT", 3n)).toMatchObject({ to: { onHand: 1n, backorderLimit: 5n, available: 6n } });
});

test.each([
  ["a SKU without stock", "NONE", {}, "STOCK_NOT_FOUND"],
  ["to no location", "MOVE", { toLocationId: "moon" }, "LOCATION_NOT_FOUND"],
  ["from no location", "MOVE", { fromLocationId: "moon" }, "LOCATION_NOT_FOUND"],
  ["to where they are", "MOVE", { toLocationId: "east" }, "INVALID_ARGUMENT"],
  ["more than there are", "MOVE", { quantity: 100n }, "STOCK_BELOW_RESERVED"],
])("%s: refused, and nothing is left behind", async (_, sku, more, reason) => {
  await set("MOVE", "east", 5n);
  expect(await reasonFor(transfer(sku, 1n, more))).toBe(reason);
  expect(await reasonFor(shop.client.getStock({ sku: "NONE", locationId: "west" }, as.staff))).toBe(
    "STOCK_NOT_FOUND",
  );
});

test("units moved to and fro while they are sold are neither lost nor sold twice", async () => {
  await set("BUSY", "east", 60n);
  await set("BUSY", "west", 40n);
  const there = { fromLocationId: "east", toLocationId: "west" };
  const back = { fromLocationId: "west", toLocationId: "east" };
  const buyers = Array.from({ length: 200 }, (_, i) => shop.reserve(`busy-${i}`, { BUSY: 1 + (i % 3) }));
  const moves = Array.from({ length: 80 }, (_, i) => transfer("BUSY", 3n, i % 2 ? there : back));
  const [sold, moved] = await Promise.all([Promise.allSettled(buyers), Promise.allSettled(moves)]);
  const reasons = [...sold, ...moved].flatMap((each) =>
    each.status === "rejected" ? [reasonOf(each.reason)] : [],
  );
  expect(reasons).toContain("INSUFFICIENT_STOCK");
  // Of what is left where it is to go from, a move may have been too late.
  expect(
    reasons.filter((reason) => !/^(INSUFFICIENT_STOCK|STOCK_BELOW_RESERVED)$/.test(reason ?? "")),
  ).toEqual([]);
  const { stock } = await shop.client.explainAvailability({ sku: "BUSY" }, as.staff);
  expect(stock.reduce((units, { onHand }) => units + onHand, 0n)).toBe(100n);
  const held = sold.reduce((units, { status }, i) => units + (status === "fulfilled" ? 1 + (i % 3) : 0), 0);
  expect(stock.reduce((units, { reserved }) => units + reserved, 0n)).toBe(BigInt(held));
  expect(held).toBeGreaterThan(97);
});
