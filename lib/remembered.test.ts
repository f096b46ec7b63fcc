import { beforeEach, expect, test } from "vitest";
import { createRemembered } from "./remembered.ts";

const start = Date.parse("2026-01-31T12:00:00Z");
let now: number;
let readings: number;
let failing: boolean;
beforeEach(() => {
  now = start;
  readings = 0;
  failing = false;
});

const remembered = () =>
  createRemembered({
    freshMs: 1_000,
    clock: () => new Date(now),
    read: async (at) => {
      readings += 1;
      if (failing) throw new Error("unreachable");
      return `${readings} at ${at.getTime() - start}`;
    },
  });

test("it is read once for all calls at once, and again when it is too old", async () => {
  const { get } = remembered();
  expect(await Promise.all([get(), get(), get()])).toEqual(Array(3).fill("1 at 0"));
  now += 999;
  expect(await get()).toBe("1 at 0");
  now += 1;
  expect(await get()).toBe("2 at 1000");
});

test("a clock that goes back makes nothing fresh", async () => {
  const { get } = remembered();
  await get();
  now -= 1_000;
  expect(await get()).toBe("2 at -1000");
});

test("what is forgotten is read again; who asked before gets what was read then", async () => {
  const { get, forget } = remembered();
  const before = get();
  forget();
  expect(await get()).toBe("2 at 0");
  expect(await before).toBe("1 at 0");
});

test("a failed reading fails all who wait for it, and is not remembered", async () => {
  const { get } = remembered();
  failing = true;
  const failed = await Promise.allSettled([get(), get()]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(readings).toBe(1);
  failing = false;
  expect(await get()).toBe("2 at 0");
});

test("a reading that fails late does not take away the one begun after it", async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const answers = [promise, Promise.resolve("second")];
  const { get, forget } = createRemembered({
    freshMs: 1_000,
    clock: () => new Date(now),
    read: () => answers.shift() ?? Promise.resolve("third"),
  });
  const first = get();
  forget();
  expect(await get()).toBe("second");
  reject(new Error("unreachable"));
  await expect(first).rejects.toThrow("unreachable");
  expect(await get()).toBe("second");
});
