import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { within } from "./within.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<string>(() => {});
const tooLate = () => {
  throw new RangeError("too late");
};

test("what comes in time is given, or thrown, and no timer is left", async () => {
  expect(await within(Promise.resolve("answer"), { ms: 10, late: tooLate })).toBe("answer");
  await expect(within(Promise.reject(new TypeError("no")), { ms: 10, late: tooLate })).rejects.toThrow(
    new TypeError("no"),
  );
  expect(vi.getTimerCount()).toBe(0);
});

test("what is already there is in time, however little there is", async () => {
  expect(await within(Promise.resolve("answer"), { ms: 0, late: tooLate })).toBe("answer");
});

test.each<[string, () => unknown, unknown]>([
  ["given", () => "instead", { status: "fulfilled", value: "instead" }],
  ["thrown", tooLate, { status: "rejected", reason: new RangeError("too late") }],
])("what comes too late is replaced: by what is %s", async (_, late, outcome) => {
  let settled: PromiseSettledResult<unknown>[] | undefined;
  void Promise.allSettled([within(never, { ms: 10, late })]).then((outcomes) => {
    settled = outcomes;
  });
  await vi.advanceTimersByTimeAsync(9);
  expect(settled).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(settled).toEqual([outcome]);
});

test("a failure that comes after its time goes unnoticed", async () => {
  const { promise, reject } = Promise.withResolvers<string>();
  const answer = within(promise, { ms: 10, late: () => "instead" });
  await vi.advanceTimersByTimeAsync(10);
  // Unhandled, it would fail this file.
  reject(new Error("late"));
  expect(await answer).toBe("instead");
});
