import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, expect, test } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { waitFor } from "../testing/wait-for.ts";
import { LocalFeed } from "./change-feed.ts";
import { readAll } from "./testing/take.ts";
import { createWatch, type WatchOptions } from "./watch.ts";

const never = 3_600_000;
const controllers: AbortController[] = [];
afterEach(() => {
  for (const controller of controllers.splice(0)) controller.abort();
});

/** Levels in memory, and how often they were read. */
function open(options: Partial<WatchOptions<number>> = {}) {
  const feed = new LocalFeed();
  const stored = new Map<string, number>();
  const reads: string[][] = [];
  const watch = createWatch<number>({
    feed,
    recheckMs: never,
    read: async (ids) => {
      reads.push([...ids]);
      await Promise.resolve();
      return new Map(ids.flatMap((id) => (stored.has(id) ? [[id, stored.get(id) ?? 0]] : [])));
    },
    versionOf: (level) => level ?? 0,
    ...options,
  });
  const start = (...ids: string[]) => {
    const controller = new AbortController();
    controllers.push(controller);
    const reading = readAll(watch.levels(ids, controller.signal));
    const seen = new Map<string, number | undefined>();
    const messages: string[][] = [];
    const look = () => {
      for (const levels of reading.take()) {
        messages.push([...levels.keys()]);
        for (const [id, level] of levels) seen.set(id, level);
      }
      return seen;
    };
    return {
      leave: (reason?: unknown) => controller.abort(reason),
      ended: reading.ended,
      seen: look,
      messages: () => [look(), messages][1] as string[][],
      sees: (id: string, level: number | undefined) =>
        waitFor(() => look().has(id) && look().get(id) === level, { what: `${id} at ${level}` }),
    };
  };
  const set = (id: string, level: number) => {
    stored.set(id, level);
    feed.tell([id]);
  };
  return { feed, stored, reads, watch, start, set };
}

test("first all levels, also of what has none, then those that change", async () => {
  const { start, stored, set } = open();
  stored.set("a", 1).set("b", 2);
  const watcher = start("a", "b", "none");
  await watcher.sees("b", 2);
  expect(watcher.messages()).toEqual([["a", "b", "none"]]);
  expect(watcher.seen().get("none")).toBeUndefined();
  set("b", 3);
  await watcher.sees("b", 3);
  set("none", 7);
  await watcher.sees("none", 7);
  expect(watcher.messages()).toEqual([["a", "b", "none"], ["b"], ["none"]]);
});

test("a hint without a change wakes nobody", async () => {
  const { start, stored, set, feed, reads } = open();
  stored.set("a", 1).set("b", 1);
  const watcher = start("a", "b");
  await watcher.sees("a", 1);
  feed.tell(["a"]);
  await waitFor(() => reads.length === 2);
  set("b", 2);
  await watcher.sees("b", 2);
  expect(watcher.messages()).toEqual([["a", "b"], ["b"]]);
});

test("one reading serves all watchers, and asks for each thing once", async () => {
  const { start, stored, reads, set } = open();
  stored.set("a", 1);
  const watchers = Array.from({ length: 100 }, () => start("a"));
  for (const watcher of watchers) await watcher.sees("a", 1);
  expect(reads).toEqual([["a"]]);
  set("a", 2);
  for (const watcher of watchers) await watcher.sees("a", 2);
  expect(reads).toEqual([["a"], ["a"]]);
});

test("while a crowd is served, its next change waits; who is new does not", async () => {
  const { start, stored, reads, set } = open();
  stored.set("a", 1);
  const crowd = Array.from({ length: 4_000 }, () => start("a"));
  await crowd.at(-1)?.sees("a", 1);
  set("a", 2);
  await start("new").sees("new", undefined);
  expect(crowd[0]?.seen().get("a")).toBe(1);
  await Promise.all(crowd.map((watcher) => watcher.sees("a", 2)));
  expect(reads).toEqual([["a"], ["new"], ["a"]]);
});

test("changes that come while others are read are read together afterwards", async () => {
  const { start, stored, reads, set } = open();
  stored.set("a", 0).set("b", 0);
  const watcher = start("a", "b");
  await watcher.sees("b", 0);
  for (let i = 1; i <= 50; i++) {
    set("a", i);
    set("b", i);
  }
  await watcher.sees("a", 50);
  await watcher.sees("b", 50);
  expect(reads.length).toBeLessThanOrEqual(3);
});

test("what changes while it is read is read again", async () => {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  let stored = 1;
  let isFirst = true;
  const { start, feed } = open({
    read: async (ids) => {
      const level = stored;
      if (isFirst) {
        isFirst = false;
        begun.resolve();
        await go.promise;
      }
      return new Map(ids.map((id) => [id, level]));
    },
  });
  const watcher = start("a");
  await begun.promise;
  stored = 2;
  feed.tell(["a"]);
  go.resolve();
  expect(await watcher.sees("a", 2)).toBe(true);
});

test("a reader that is slow skips levels, and ends at the last", async () => {
  const { watch, stored, set, reads, start } = open();
  stored.set("a", 1);
  const controller = new AbortController();
  controllers.push(controller);
  const slow = watch.levels(["a"], controller.signal)[Symbol.asyncIterator]();
  const fast = start("a");
  expect((await slow.next()).value).toEqual(new Map([["a", 1]]));
  for (let i = 2; i <= 4; i++) {
    set("a", i);
    await fast.sees("a", i);
  }
  expect((await slow.next()).value).toEqual(new Map([["a", 4]]));
  set("a", 5);
  expect((await slow.next()).value).toEqual(new Map([["a", 5]]));
  expect(reads.length).toBe(5);
});

test("who comes later is told what is known, without a reading", async () => {
  const { start, stored, reads } = open();
  stored.set("a", 1).set("b", 2);
  await start("a").sees("a", 1);
  const late = start("a", "b");
  await late.sees("b", 2);
  expect(late.messages()).toEqual([["a", "b"]]);
  expect(reads).toEqual([["a"], ["b"]]);
});

test("lost hints are made up for", async () => {
  const { start, stored } = open({ recheckMs: 20 });
  stored.set("a", 1);
  const watcher = start("a");
  await watcher.sees("a", 1);
  stored.set("a", 2);
  expect(await watcher.sees("a", 2)).toBe(true);
});

test("a level that changes by itself is read when it does", async () => {
  let now = 0;
  const { start } = open({
    read: async () => new Map([["a", now]]),
    changesInMs: () => {
      now = 1;
      return 5;
    },
  });
  expect(await start("a").sees("a", 1)).toBe(true);
});

test("a hint that anything may have changed reads all that is watched", async () => {
  const { start, stored, feed, reads } = open();
  stored.set("a", 1).set("b", 1);
  const watchers = [start("a"), start("b")];
  await watchers[1]?.sees("b", 1);
  stored.set("a", 2);
  const before = reads.length;
  feed.tellAnything();
  await watchers[0]?.sees("a", 2);
  expect(reads.slice(before)).toEqual([["a", "b"]]);
});

test("a reading that fails: who waits for the first levels hears of it, the others are told later", async () => {
  let broken: Error | undefined;
  const stored = { level: 1 };
  const { start, watch, feed } = open({
    read: async (ids) => {
      if (broken !== undefined) throw broken;
      return new Map(ids.map((id) => [id, stored.level]));
    },
  });
  const patient = start("a");
  await patient.sees("a", 1);
  broken = new Error("the database is away");
  stored.level = 2;
  feed.tell(["a"]);
  expect(await start("b").ended).toBe(broken);
  broken = undefined;
  await patient.sees("a", 2);
  expect(watch.size).toBe(1);
});

test("whoever leaves is forgotten, with what only they watched", async () => {
  const { start, watch, stored, set, reads } = open();
  stored.set("a", 1).set("b", 1);
  const stays = start("a");
  const leaves = start("a", "b");
  await leaves.sees("b", 1);
  expect(watch.size).toBe(2);
  const reason = new Error("gone");
  leaves.leave(reason);
  expect(await leaves.ended).toBe(reason);
  expect(watch.size).toBe(1);
  const before = reads.length;
  set("b", 2);
  set("a", 2);
  await stays.sees("a", 2);
  expect(reads.slice(before)).toEqual([["a"]]);
});

test("a reader that stops between two levels is forgotten, too", async () => {
  const { watch, stored } = open();
  stored.set("a", 1);
  for await (const levels of watch.levels(["a"], new AbortController().signal)) {
    expect(levels.get("a")).toBe(1);
    break;
  }
  expect(watch.size).toBe(0);
});

test("when nobody has watched for a while, nothing is heard; who then comes is told all the same", async () => {
  const { start, watch, stored, feed, set } = open({ recheckMs: 20 });
  stored.set("a", 1);
  const first = start("a");
  await first.sees("a", 1);
  expect(feed.size).toBe(1);
  first.leave();
  await first.ended;
  await waitFor(() => feed.size === 0);
  expect(watch.size).toBe(0);
  set("a", 2);
  const second = start("a");
  await second.sees("a", 2);
  set("a", 3);
  await second.sees("a", 3);
});

test.each([
  { what: "watchers", limits: { maxWatchers: 2 }, third: ["a"] },
  { what: "things", limits: { maxIds: 3 }, third: ["b", "c", "d"] },
])(
  "too many $what: OVERLOADED, with a time to come back, and room again later",
  async ({ limits, third }) => {
    const { start } = open(limits);
    const first = start("a");
    const second = start("a");
    await second.sees("a", undefined);
    const err = ConnectError.from(await start(...third).ended);
    expect([reasonOf(err), err.code]).toEqual(["OVERLOADED", Code.ResourceExhausted]);
    expect(err.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBeGreaterThan(0n);
    first.leave();
    second.leave();
    await Promise.all([first.ended, second.ended]);
    await start(...third).sees(third[0] ?? "", undefined);
  },
);

test("a process that stops ends all, and takes no more", async () => {
  const { start, watch, feed } = open();
  const watcher = start("a");
  await watcher.sees("a", undefined);
  feed.stop();
  for (const ended of [watcher.ended, start("a").ended, start("b").ended]) {
    const err = ConnectError.from(await ended);
    expect([reasonOf(err), err.code]).toEqual(["SHUTTING_DOWN", Code.Unavailable]);
  }
  expect(watch.size).toBe(0);
});

test("a process that stopped before anybody watched takes nobody", async () => {
  const { start, feed } = open();
  feed.stop();
  expect(reasonOf(await start("a").ended)).toBe("SHUTTING_DOWN");
});
