import { expect, test } from "vitest";
import { createBatcher } from "./batch.ts";

/** A batcher whose runs end when told to. */
function stepped(options: { maxItems?: number; lanes?: number } = {}) {
  const runs: { items: readonly number[]; end: () => void; fail: (err: Error) => void }[] = [];
  const call = createBatcher<number, string>({
    maxItems: 100,
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items, end: () => resolve(items.map((item) => `r${item}`)), fail: reject });
      }),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { call, runs, settle };
}

test("a call on an idle batcher runs at once and alone", async () => {
  const { call, runs } = stepped();
  const answer = call(1);
  expect(runs.map((run) => run.items)).toEqual([[1]]);
  runs[0]?.end();
  expect(await answer).toBe("r1");
});

test("calls that come while a run is under way make the next run, each with its own answer", async () => {
  const { call, runs, settle } = stepped();
  const answers = [call(1), call(2), call(3)];
  runs[0]?.end();
  await settle();
  expect(runs.map((run) => run.items)).toEqual([[1], [2, 3]]);
  runs[1]?.end();
  expect(await Promise.all(answers)).toEqual(["r1", "r2", "r3"]);
});

test("a run takes no more than its most, and lanes run side by side", async () => {
  const { call, runs, settle } = stepped({ maxItems: 2, lanes: 2 });
  for (let i = 1; i <= 7; i++) void call(i);
  expect(runs.map((run) => run.items)).toEqual([[1], [2]]);
  runs[0]?.end();
  await settle();
  expect(runs.map((run) => run.items)).toEqual([[1], [2], [3, 4]]);
});

test("a failed run is repeated item by item: the bad one fails alone", async () => {
  const seen: (readonly number[])[] = [];
  const call = createBatcher<number, number>({
    maxItems: 10,
    run: async (items) => {
      seen.push(items);
      if (items.includes(3)) throw new Error("three");
      return items.map((item) => item * 10);
    },
  });
  const outcomes = await Promise.allSettled([call(1), call(2), call(3), call(4)]);
  expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "failed"))).toEqual([
    10,
    20,
    "failed",
    40,
  ]);
  expect(seen).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
});

test("a run that answers too few items fails them", async () => {
  const call = createBatcher<number, number>({ maxItems: 10, run: async () => [] });
  await expect(call(1)).rejects.toThrow("every item");
});
