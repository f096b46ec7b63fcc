import { ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { createBatcher } from "./batch.ts";
import { DatabaseUnavailable } from "./db/index.ts";
import { reasonOf } from "./errors/reasons.ts";

/** A batcher whose runs end when told to. */
function stepped(options: { maxItems?: number; maxWaiting?: number; lanes?: number } = {}) {
  const runs: { items: readonly number[]; end: () => void; fail: (err: Error) => void }[] = [];
  const call = createBatcher<number, string>({
    maxItems: 100,
    ...options,
    run: (items) =>
      new Promise((resolve, reject) => {
        runs.push({ items, end: () => resolve(items.map((item) => `r${item}`)), fail: reject });
      }),
  });
  // One turn of the event loop lies between two runs.
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { call, runs, settle };
}

test("whoever asks again as soon as it is answered joins the next run", async () => {
  const { call, runs, settle } = stepped();
  const again = call(1).then(() => call(3));
  const second = call(2);
  runs[0]?.end();
  await settle();
  expect(runs.map((run) => run.items)).toEqual([[1], [2, 3]]);
  runs[1]?.end();
  expect(await Promise.all([again, second])).toEqual(["r3", "r2"]);
});

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

test("an Error in a result's place is thrown to its caller alone", async () => {
  const call = createBatcher<number, number>({
    maxItems: 10,
    run: async (items) => items.map((item) => (item === 2 ? new Error("two") : item)),
  });
  const outcomes = await Promise.allSettled([call(1), call(2), call(3)]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a call given up while it waits never runs and learns why; one whose run has begun is answered", async () => {
  const { call, runs, settle } = stepped();
  const given = [new AbortController(), new AbortController()];
  const begun = call(1, { signal: (given[0] as AbortController).signal });
  const waiting = call(2, { signal: (given[1] as AbortController).signal });
  const other = call(3);
  for (const controller of given) controller.abort(new Error("deadline"));
  runs[0]?.end();
  expect(await begun).toBe("r1");
  await expect(waiting).rejects.toThrow("deadline");
  await settle();
  expect(runs.map((run) => run.items)).toEqual([[1], [3]]);
  runs[1]?.end();
  expect(await other).toBe("r3");
});

test("a full queue refuses at once, with the time to come back", async () => {
  const { call, runs } = stepped({ maxWaiting: 2 });
  const answers = [call(1), call(2), call(3)];
  const refused = await call(4).catch((err: unknown) => err);
  expect(reasonOf(refused)).toBe("OVERLOADED");
  expect(ConnectError.from(refused).findDetails(RetryInfoSchema)).toMatchObject([
    { retryDelay: { seconds: 0n } },
  ]);
  runs[0]?.end();
  await answers[0];
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.end();
  expect(await Promise.all(answers)).toEqual(["r1", "r2", "r3"]);
});

test("when the database is away all calls of a run fail together", async () => {
  let runs = 0;
  const call = createBatcher<number, number>({
    maxItems: 10,
    run: async () => {
      runs++;
      await Promise.resolve();
      throw new DatabaseUnavailable("away");
    },
  });
  const outcomes = await Promise.allSettled([call(1), call(2), call(3)]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(runs).toBe(2);
});
