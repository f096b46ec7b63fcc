import type { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Reservation_State, StockShortageSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
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
const failure = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (err: unknown) => err,
  );

test("a hold counts, a commit takes the units, a restock brings them back", async () => {
  await shop.stock("LIFE", 10n);
  await shop.reserve("life-1", { LIFE: 4 });
  expect(await shop.counters("LIFE")).toEqual({ onHand: 10n, reserved: 4n, available: 6n });
  await shop.client.commit({ reservationId: "life-1" }, order);
  expect(await shop.counters("LIFE")).toEqual({ onHand: 6n, reserved: 0n, available: 6n });
  await shop.client.restock({ reservationId: "life-1" }, order);
  expect(await shop.counters("LIFE")).toEqual({ onHand: 10n, reserved: 0n, available: 10n });
});

test("all lines are held or none", async () => {
  await shop.stock("ALL-A", 5n);
  await shop.stock("ALL-B", 1n);
  const err = await failure(shop.reserve("all-1", { "ALL-A": 3, "ALL-B": 2 }));
  expect(reasonOf(err)).toBe("INSUFFICIENT_STOCK");
  expect(await shop.counters("ALL-A")).toMatchObject({ reserved: 0n });
});

test("a shortage names the SKU, both quantities and the earliest expiry, for each short line", async () => {
  await shop.stock("SHORT-A", 2n);
  await shop.reserve("short-0", { "SHORT-A": 1 }, 60);
  const err = await failure(shop.reserve("short-1", { "SHORT-A": 2, "SHORT-B": 1 }));
  expect(errorInfo(err)?.metadata).toEqual({
    sku: "SHORT-A",
    requested: "2",
    available: "1",
    earliest_expiry: "2026-01-31T12:01:00.000Z",
  });
  const [detail] = (err as ConnectError).findDetails(StockShortageSchema);
  expect(detail?.lines.map((line) => [line.sku, line.requested, line.available])).toEqual([
    ["SHORT-A", 2n, 1n],
    ["SHORT-B", 1n, 0n],
  ]);
});

test("the same id and lines hold once, in any order of the lines", async () => {
  await shop.stock("SAME-A", 2n);
  await shop.stock("SAME-B", 2n);
  await shop.reserve("same-1", { "SAME-A": 2, "SAME-B": 1 });
  await shop.reserve("same-1", { "SAME-B": 1, "SAME-A": 2 });
  expect(await shop.counters("SAME-A")).toMatchObject({ reserved: 2n });
});

test.each<[Record<string, number>, string]>([
  [{ "MIS-A": 2 }, "another quantity"],
  [{ "MIS-B": 1 }, "another SKU"],
])("the same id with other lines is refused: %s (%s)", async (lines, _why) => {
  await shop.stock("MIS-A", 9n);
  await shop.stock("MIS-B", 9n);
  await shop.reserve("mis-1", { "MIS-A": 1 });
  expect(reasonOf(await failure(shop.reserve("mis-1", lines)))).toBe("RESERVATION_MISMATCH");
});

test("a due hold is free to the next buyer, and cannot be committed any more", async () => {
  await shop.stock("DUE", 1n);
  await shop.reserve("due-1", { DUE: 1 }, 60);
  expect(reasonOf(await failure(shop.reserve("due-2", { DUE: 1 })))).toBe("INSUFFICIENT_STOCK");
  shop.advance(60_000);
  expect(await shop.counters("DUE")).toMatchObject({ reserved: 0n, available: 1n });
  await shop.reserve("due-2", { DUE: 1 });
  const err = await failure(shop.client.commit({ reservationId: "due-1" }, order));
  expect(reasonOf(err)).toBe("RESERVATION_CLOSED");
  await shop.client.commit({ reservationId: "due-2" }, order);
  expect(await shop.counters("DUE")).toMatchObject({ onHand: 0n, reserved: 0n });
});

test("a due hold can be committed while nobody else took the units", async () => {
  await shop.stock("LATE", 1n);
  await shop.reserve("late-1", { LATE: 1 }, 60);
  shop.advance(120_000);
  const { state } = await shop.client.commit({ reservationId: "late-1" }, order);
  expect(state).toBe(Reservation_State.COMMITTED);
});

test("a sweep frees due holds of all SKUs of a reservation, and only those", async () => {
  await shop.stock("SWEEP-A", 5n);
  await shop.stock("SWEEP-B", 5n);
  await shop.sweep();
  await shop.reserve("sweep-1", { "SWEEP-A": 1, "SWEEP-B": 2 }, 60);
  await shop.reserve("sweep-2", { "SWEEP-A": 1 }, 600);
  shop.advance(61_000);
  expect(await shop.sweep()).toBe(2);
  const { state } = await shop.client.getReservation({ reservationId: "sweep-1" }, as.staff);
  expect(state).toBe(Reservation_State.EXPIRED);
  expect(await shop.counters("SWEEP-A")).toMatchObject({ reserved: 1n });
  expect(await shop.counters("SWEEP-B")).toMatchObject({ reserved: 0n });
});

test("an extended hold lasts longer, and never shorter", async () => {
  await shop.stock("EXT", 1n);
  await shop.reserve("ext-1", { EXT: 1 }, 60);
  await shop.client.extend({ reservationId: "ext-1", ttl: { seconds: 300n, nanos: 0 } }, order);
  await shop.client.extend({ reservationId: "ext-1", ttl: { seconds: 1n, nanos: 0 } }, order);
  shop.advance(120_000);
  expect(reasonOf(await failure(shop.reserve("ext-2", { EXT: 1 })))).toBe("INSUFFICIENT_STOCK");
});

test("units beyond what is on hand come off the backorder limit", async () => {
  await shop.client.setStock({ sku: "BACK", onHand: 1n, backorderLimit: 2n }, as.staff);
  await shop.reserve("back-1", { BACK: 3 });
  expect(reasonOf(await failure(shop.reserve("back-2", { BACK: 1 })))).toBe("INSUFFICIENT_STOCK");
  await shop.client.commit({ reservationId: "back-1" }, order);
  const item = await shop.client.getStock({ sku: "BACK" }, as.staff);
  expect(item).toMatchObject({ onHand: 0n, reserved: 0n, backorderLimit: 0n, available: 0n });
});

test.each([
  ["commit", "RESERVATION_NOT_FOUND", "none", "an unknown id"],
  ["release", "RESERVATION_NOT_FOUND", "none", "an unknown id"],
  ["restock", "RESERVATION_NOT_FOUND", "none", "an unknown id"],
  ["release", "RESERVATION_COMMITTED", "end-committed", "its units have left"],
  ["commit", "RESERVATION_CLOSED", "end-released", "its units were given back"],
  ["restock", "RESERVATION_CLOSED", "end-released", "its units never left"],
] as const)("%s fails with %s on %s: %s", async (rpc, reason, reservationId, _why) => {
  await shop.stock("END", 10n);
  for (const id of ["end-committed", "end-released"]) await failure(shop.reserve(id, { END: 1 }));
  await failure(shop.client.commit({ reservationId: "end-committed" }, order));
  await failure(shop.client.release({ reservationId: "end-released" }, order));
  expect(reasonOf(await failure(shop.client[rpc]({ reservationId }, order)))).toBe(reason);
});

test.each(["commit", "release"] as const)("%s twice is the same as once", async (rpc) => {
  const sku = `TWICE-${rpc}`;
  await shop.stock(sku, 3n);
  await shop.reserve(sku, { [sku]: 1 });
  const first = await shop.client[rpc]({ reservationId: sku }, order);
  const again = await shop.client[rpc]({ reservationId: sku }, order);
  expect(again).toEqual(first);
  expect(await shop.counters(sku)).toMatchObject({ reserved: 0n });
});

/** Statements sent, `begin` and `commit` included. */
test.each([
  ["Reserve of three SKUs", 5, () => shop.reserve("budget", { "B-1": 1, "B-2": 1, "B-3": 1 })],
  ["Commit", 4, () => shop.client.commit({ reservationId: "budget" }, order)],
  ["CheckAvailability", 1, () => shop.client.checkAvailability({ lines: [{ sku: "B-1", quantity: 1n }] })],
  ["GetStock", 1, () => shop.counters("B-1")],
] as const)("%s costs %i statements", async (_name, budget, call) => {
  for (const sku of ["B-1", "B-2", "B-3"]) await shop.stock(sku, 100n);
  const before = shop.statements.length;
  await call();
  expect(shop.statements.length - before).toBe(budget);
});
