import { Code, ConnectError } from "@connectrpc/connect";
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

const order = as.service("order");
const commits = () => shop.statements.filter((text) => text === "commit").length;
const outcome = (result: PromiseSettledResult<unknown>) =>
  result.status === "fulfilled" ? "ok" : (reasonOf(result.reason) ?? String(result.reason));

test("100 buyers at once share a few transactions", async () => {
  await shop.stock("SHARED", 100n);
  const before = commits();
  await Promise.all(Array.from({ length: 100 }, (_, i) => shop.reserve(`shared-${i}`, { SHARED: 1 })));
  const reserved = commits() - before;
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => shop.client.commit({ reservationId: `shared-${i}` }, order)),
  );
  expect(reserved).toBeLessThan(10);
  expect(commits() - before - reserved).toBeLessThan(10);
  expect(await shop.counters("SHARED")).toEqual({ onHand: 0n, reserved: 0n, available: 0n });
});

test("first come, first served, each wholly or not at all", async () => {
  await shop.stock("FIRST", 3n);
  await shop.stock("OTHER", 10n);
  const calls = [
    shop.reserve("lead", { OTHER: 1 }),
    shop.reserve("two", { FIRST: 2 }),
    shop.reserve("both", { FIRST: 2, OTHER: 5 }),
    shop.reserve("one", { FIRST: 1 }),
    shop.reserve("late", { FIRST: 1 }),
  ];
  expect((await Promise.allSettled(calls)).map(outcome)).toEqual([
    "ok",
    "ok",
    "INSUFFICIENT_STOCK",
    "ok",
    "INSUFFICIENT_STOCK",
  ]);
  expect(await shop.counters("OTHER")).toMatchObject({ reserved: 1n });
});

test("in one batch a repeated call takes nothing from its neighbours", async () => {
  await shop.stock("TWICE", 3n);
  await shop.reserve("twice-a", { TWICE: 2 });
  const calls = [
    shop.reserve("twice-lead", { OTHER: 1 }),
    shop.reserve("twice-a", { TWICE: 2 }),
    shop.reserve("twice-b", { TWICE: 1 }),
    shop.reserve("twice-b", { TWICE: 1 }),
    shop.reserve("twice-b", { TWICE: 2 }),
  ];
  expect((await Promise.allSettled(calls)).map(outcome)).toEqual([
    "ok",
    "ok",
    "ok",
    "ok",
    "RESERVATION_MISMATCH",
  ]);
  expect(await shop.counters("TWICE")).toMatchObject({ reserved: 3n });
});

test("due holds make way for one batch of buyers", async () => {
  await shop.stock("DUE", 5n);
  for (let i = 0; i < 5; i++) await shop.reserve(`due-${i}`, { DUE: 1 }, 60);
  shop.advance(61_000);
  const calls = Array.from({ length: 7 }, (_, i) => shop.reserve(`due-next-${i}`, { DUE: 1 }));
  expect((await Promise.allSettled(calls)).map(outcome).filter((reason) => reason === "ok")).toHaveLength(5);
  expect(await shop.counters("DUE")).toMatchObject({ reserved: 5n });
});

test("a batch that Postgres refuses is tried one by one: only the bad call fails", async () => {
  await shop.stock("SOUND", 10n);
  await shop.stock("BROKEN", 10n);
  await shop.database.db.execute(
    sql`alter table stock add constraint broken check (sku <> 'BROKEN' or reserved = 0)`,
  );
  const calls = [
    shop.reserve("good-0", { SOUND: 1 }),
    shop.reserve("good-1", { SOUND: 1 }),
    shop.reserve("bad", { BROKEN: 1 }),
    shop.reserve("good-2", { SOUND: 1 }),
  ];
  const results = await Promise.allSettled(calls);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect(await shop.counters("SOUND")).toMatchObject({ reserved: 3n });
});

test("commits of one batch split units between hand and backorder in the order of their ids", async () => {
  const sku = "BACK";
  await shop.client.setStock({ sku, onHand: 3n, backorderLimit: 4n }, as.staff);
  const ids = ["back-a", "back-b", "back-c"];
  for (const id of ids) await shop.reserve(id, { [sku]: 2 });
  await shop.reserve("back-lead", { OTHER: 1 });
  await Promise.all(
    ["back-lead", ...ids].map((reservationId) => shop.client.commit({ reservationId }, order)),
  );
  const { entries } = await shop.client.listLedger({ sku }, as.staff);
  const taken = entries
    .filter((entry) => entry.reason === "commit")
    .map(({ reservationId, onHandDelta, backorderDelta }) => [
      reservationId,
      Number(onHandDelta),
      Number(backorderDelta),
    ])
    .sort(([a = ""], [b = ""]) => String(a).localeCompare(String(b)));
  expect(taken).toEqual([
    ["back-a", -2, 0],
    ["back-b", -1, -1],
    ["back-c", 0, -2],
  ]);
  expect(await shop.counters(sku)).toEqual({ onHand: 0n, reserved: 0n, available: 1n });
});

test("a caller whose deadline passes while it waits holds nothing", async () => {
  await shop.stock("GONE", 5n);
  const lead = shop.reserve("gone-lead", { GONE: 1 });
  const given = new AbortController();
  const dropped = shop.client.reserve(
    { reservationId: "gone", lines: [{ sku: "GONE", quantity: 1n }], ttl: { seconds: 60n, nanos: 0 } },
    { ...order, signal: given.signal },
  );
  given.abort();
  expect(ConnectError.from(await dropped.catch((err: unknown) => err)).code).toBe(Code.Canceled);
  await lead;
  await shop.reserve("gone-after", { GONE: 1 });
  expect(await shop.counters("GONE")).toMatchObject({ reserved: 2n });
});
