import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { notifyFailure, openTestCheck, type TestCheck } from "./testing/check.ts";
import { openTestInventory, type TestInventory } from "./testing/shop.ts";

let shop: TestInventory;
let checked: TestCheck;
beforeAll(async () => {
  shop = await openTestInventory();
  checked = openTestCheck(shop);
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(() => {
  checked.told.length = 0;
  checked.waiting.length = 0;
  shop.advance(1_000);
});

const ask = (sku: string, email: string, requestId = "", language = "") =>
  shop.client.requestStockNotice({ sku, email, requestId, language }, as.guest("g"));
const waitingFor = async (sku: string) =>
  (await shop.client.reportStock({ skus: [sku] }, as.staff)).items[0]?.waiting;
const toldOf = (sku: string) => checked.told.filter((each) => each.sku === sku).map(({ to }) => to);

test("who asked is told once, when it can be had again, and forgotten", async () => {
  checked.titles.set("MUG", "Mug");
  await shop.stock("MUG", 0n);
  await ask("MUG", "ada@example.com");
  await ask("MUG", "Ada@Example.com");
  await ask("MUG", "grace@example.com");
  expect(await waitingFor("MUG")).toBe(2n);
  await checked.check();
  expect(checked.waiting).toEqual([]);
  await shop.stock("MUG", 3n);
  await checked.check();
  await checked.check();
  await checked.work();
  expect(checked.told).toEqual(
    ["ada@example.com", "grace@example.com"].map((to) => ({
      key: expect.stringMatching(/^back:MUG:ntc_/),
      ...{ kind: "BACK", to, language: "", sku: "MUG", title: "Mug, blue", available: 3n },
    })),
  );
  expect(await waitingFor("MUG")).toBe(0n);
  expect(await storedText(shop.database.db)).not.toMatch(/ada@|grace@/i);
});

test("who asked in a language is told in it", async () => {
  await shop.stock("LANGUAGE", 0n);
  await ask("LANGUAGE", "ada@example.com", "", "de-AT");
  shop.advance(1);
  await ask("LANGUAGE", "grace@example.com");
  expect(reasonOf(await failureOf(ask("LANGUAGE", "eve@example.com", "", "<b>")))).toBe("INVALID_ARGUMENT");
  await shop.stock("LANGUAGE", 1n);
  await checked.check();
  await checked.work();
  expect(checked.told.map(({ to, language }) => [to, language])).toEqual([
    ["ada@example.com", "de-AT"],
    ["grace@example.com", ""],
  ]);
});

test("nobody waits for what can be had, or for what is not sold", async () => {
  await shop.stock("HERE", 1n);
  expect(reasonOf(await failureOf(ask("HERE", "ada@example.com")))).toBe("STOCK_AVAILABLE");
  expect(reasonOf(await failureOf(ask("NONE", "ada@example.com")))).toBe("STOCK_NOT_FOUND");
  expect(reasonOf(await failureOf(ask("HERE", "ada")))).toBe("INVALID_ARGUMENT");
});

test("a repeated call is the same call", async () => {
  await shop.stock("KEY", 0n);
  await ask("KEY", "ada@example.com", "k");
  await ask("KEY", "ada@example.com", "k");
  expect(reasonOf(await failureOf(ask("KEY", "grace@example.com", "k")))).toBe("REQUEST_ID_REUSED");
  expect(await waitingFor("KEY")).toBe(1n);
});

test("who cannot be told is told later, the others are not told twice", async () => {
  await shop.stock("RETRY", 0n);
  for (const name of ["a", "b", "c"]) {
    shop.advance(1);
    await ask("RETRY", `${name}@example.com`);
  }
  await shop.stock("RETRY", 1n);
  await checked.check();
  checked.failing = notifyFailure("PROVIDER_UNAVAILABLE", { provider: "Mail" });
  expect(await checked.work()).toBe(1);
  expect(toldOf("RETRY")).toEqual(["b@example.com", "c@example.com"]);
  expect(await checked.work()).toBe(0);
  expect(toldOf("RETRY")).toEqual(["b@example.com", "c@example.com", "a@example.com"]);
});

test("an address that its provider refuses is forgotten", async () => {
  await shop.stock("REFUSED", 0n);
  await ask("REFUSED", "a@example.com");
  await shop.stock("REFUSED", 1n);
  await checked.check();
  checked.failing = notifyFailure("MESSAGE_REFUSED", { message: "no" });
  expect(await checked.work()).toBe(0);
  expect(await waitingFor("REFUSED")).toBe(0n);
});

test("when it is gone again before they are told, they wait on", async () => {
  await shop.stock("GONE", 0n);
  await ask("GONE", "a@example.com");
  await shop.stock("GONE", 1n);
  await checked.check();
  await shop.reserve("gone", { GONE: 1 });
  await checked.work();
  expect(toldOf("GONE")).toEqual([]);
  await shop.stock("GONE", 2n);
  await checked.check();
  await checked.work();
  expect(toldOf("GONE")).toEqual(["a@example.com"]);
});

test("a notice whose job was given up is taken again an hour later", async () => {
  await shop.stock("STALE", 0n);
  await ask("STALE", "a@example.com");
  await shop.stock("STALE", 1n);
  await checked.check();
  checked.waiting.length = 0;
  await checked.check();
  expect(checked.waiting).toEqual([]);
  shop.advance(3_600_001);
  await checked.check();
  await checked.work();
  expect(toldOf("STALE")).toEqual(["a@example.com"]);
});

test("replicas that look at once tell each of a crowd once", async () => {
  await shop.stock("CROWD", 0n);
  const crowd = Array.from({ length: 620 }, (_, i) => `buyer-${i}@example.com`);
  await Promise.all(crowd.map((email) => ask("CROWD", email)));
  await shop.stock("CROWD", 1n);
  await Promise.all(Array.from({ length: 4 }, () => checked.check()));
  await checked.work();
  expect(new Set(toldOf("CROWD"))).toEqual(new Set(crowd));
  expect(toldOf("CROWD")).toHaveLength(620);
});

test("who asks twice at the same moment waits once", async () => {
  await shop.stock("TWICE", 0n);
  await Promise.all(Array.from({ length: 10 }, () => ask("TWICE", "a@example.com")));
  expect(await waitingFor("TWICE")).toBe(1n);
});

test("whoever is forgotten is not told, also when a job has the notice", async () => {
  await shop.stock("ERASED", 0n);
  await ask("ERASED", "Erased@Example.com");
  await ask("ERASED", "other@example.com");
  await shop.stock("ERASED", 1n);
  await checked.check();
  const erase = () =>
    shop.client.eraseStockNotices({ emails: ["erased@example.com"] }, as.service("customer"));
  await erase();
  await erase();
  await checked.work();
  expect(toldOf("ERASED")).toEqual(["other@example.com"]);
  expect(await storedText(shop.database.db)).not.toMatch(/erased@/i);
});
