import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  EchoRequestSchema,
  type EchoResponseSchema,
  EchoService,
} from "../../gen/rowlock/testing/v1/echo_pb.js";
import { DatabaseUnavailable, type Db, type Schema, sql } from "../db/index.ts";
import { defineReasons, reasonOf } from "../errors/reasons.ts";
import { type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import { idempotencyLease, idempotencyTable } from "./idempotency.ts";
import { type Attempt, keyed, leaseMs } from "./keyed.ts";

const schema: Schema = {
  name: "keyed",
  migrations: [
    { name: "0001-init", up: `${idempotencyTable} create table effect (text text not null);` },
    { name: "0002-lease", up: idempotencyLease },
  ],
};

const fail = defineReasons({
  SOLD_OUT: { code: Code.FailedPrecondition, message: "sold out" },
  PROVIDER_UNAVAILABLE: { code: Code.Unavailable, message: "the provider does not answer" },
});

let shared: TestDatabase;
let db: Db;
let now: number;
beforeAll(async () => {
  shared = await testDatabase(schema);
  db = shared.db;
});
afterAll(() => shared[Symbol.asyncDispose]());
beforeEach(async () => {
  now = Date.now();
  await db.execute(sql`truncate idempotency, effect`);
});

type Effect = (
  attempt: Attempt<typeof EchoResponseSchema>,
) => Promise<MessageInitShape<typeof EchoResponseSchema>>;

const method = EchoService.method.echo;
const never = new AbortController().signal;
const base = { method, caller: "customer:1", key: "k", signal: never };

function call(
  effect: Effect,
  {
    text = "a",
    ...more
  }: { text?: string; key?: string; caller?: string; db?: Db; signal?: AbortSignal } = {},
) {
  const request = create(EchoRequestSchema, { text });
  return keyed({ ...base, db, clock: () => new Date(now), request, ...more }, effect);
}

/** Writes a row, and answers with how many there are. */
const writing =
  (on: Db = db): Effect =>
  async () => {
    await on.execute(sql`insert into effect (text) values ('x')`);
    return { text: String(await effects()) };
  };

async function effects(): Promise<number> {
  const [row] = await db.query<{ n: number }>(sql`select count(*)::int as n from effect`);
  return row?.n ?? 0;
}

/** An effect that stands still until it is told how to end; `begun` once it runs. */
function held(end: Effect = writing()) {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const effect: Effect = async (attempt) => {
    begun.resolve();
    await ended.promise;
    return end(attempt);
  };
  return { effect, begun: begun.promise, release: () => ended.resolve() };
}

/** A further pool, as another process has, and how often those who wait in it have looked for the answer. */
function anotherProcess() {
  let looks = 0;
  const onStatement = (text: string) => {
    if (text.includes("select fingerprint")) looks++;
  };
  return { db: shared.open("keyed", { onStatement }), hasLooked: () => waitForMore(() => looks) };
}

/** Waits until a number has grown by three. */
async function waitForMore(count: () => number): Promise<void> {
  const before = count();
  await waitFor(() => count() >= before + 3);
}

const refused = (promise: Promise<unknown>) => promise.then(() => "answered", reasonOf);

describe("duplicates", () => {
  test("twenty at once, from two pools: one effect, one answer", async () => {
    const other = shared.open("keyed");
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => call(writing(), { db: i % 2 === 0 ? db : other })),
    );
    expect(await effects()).toBe(1);
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, () => "1"));
  });

  test("a repetition gets the first answer, also from another process, without an effect", async () => {
    const first = await call(writing());
    await db.execute(sql`insert into effect (text) values ('between')`);
    expect(await call(writing(), { db: shared.open("keyed") })).toEqual(first);
    expect(await effects()).toBe(2);
  });

  test("one that comes while the first is at work waits for it, however long", async () => {
    const first = held();
    const running = call(first.effect);
    await first.begun;
    let answered = false;
    const other = anotherProcess();
    const second = call(writing(), { db: other.db }).finally(() => {
      answered = true;
    });
    await other.hasLooked();
    expect(answered).toBe(false);
    first.release();
    expect(await second).toEqual(await running);
    expect(await effects()).toBe(1);
  });

  test.each([
    ["no key", { key: "" }],
    ["another key", { key: "other" }],
    ["another caller's", { caller: "customer:2" }],
  ])("%s: an effect of its own", async (_, more) => {
    await call(writing());
    expect((await call(writing(), more)).text).toBe("2");
  });

  test("the same key on another method is another key", async () => {
    await call(writing());
    const request = create(EchoRequestSchema, { text: "other" });
    const staff = { ...base, db, clock: () => new Date(now), method: EchoService.method.echoStaff, request };
    expect((await keyed(staff, writing())).text).toBe("2");
  });
});

describe("another request with the key", () => {
  test("is refused once there is an answer", async () => {
    await call(writing());
    expect(await refused(call(writing(), { text: "b" }))).toBe("REQUEST_ID_REUSED");
    expect(await effects()).toBe(1);
  });

  test("is refused at once while the first is at work, and while a dead one's work is open", async () => {
    const first = held();
    const running = call(first.effect);
    await first.begun;
    expect(await refused(call(writing(), { text: "b" }))).toBe("REQUEST_ID_REUSED");
    now += leaseMs;
    expect(await refused(call(writing(), { text: "b" }))).toBe("REQUEST_ID_REUSED");
    first.release();
    expect((await running).text).toBe("1");
  });
});

describe("an attempt that fails", () => {
  test("with a refusal frees the key, for any request", async () => {
    const soldOut: Effect = async () => {
      throw fail("SOLD_OUT", {});
    };
    expect(await refused(call(soldOut))).toBe("SOLD_OUT");
    expect((await call(async ({ resumed }) => ({ text: String(resumed) }), { text: "b" })).text).toBe(
      "false",
    );
  });

  test("with a refusal lets one of those who wait have a try of its own", async () => {
    const first = held(async () => {
      throw fail("SOLD_OUT", {});
    });
    const running = refused(call(first.effect));
    await first.begun;
    const others = Array.from({ length: 5 }, () => call(writing()));
    first.release();
    expect(await running).toBe("SOLD_OUT");
    expect((await Promise.all(others)).map(({ text }) => text)).toEqual(["1", "1", "1", "1", "1"]);
  });

  test.each<[string, () => unknown]>([
    ["a provider that did not answer", () => fail("PROVIDER_UNAVAILABLE", {})],
    ["a database that went away", () => new DatabaseUnavailable("gone", { outcomeUnknown: true })],
    ["a bug", () => new TypeError("bug")],
  ])("without saying what was done (%s) leaves the key to the same request", async (_, err) => {
    const unknown = err();
    await expect(
      call(async () => {
        throw unknown;
      }),
    ).rejects.toBe(unknown);
    expect(await refused(call(writing(), { text: "b" }))).toBe("REQUEST_ID_REUSED");
    expect((await call(async ({ resumed }) => ({ text: String(resumed) }))).text).toBe("true");
  });
});

describe("an attempt that dies", () => {
  test("is taken over once its lease is over, and not before", async () => {
    const dead = held();
    const first = call(dead.effect);
    await dead.begun;
    let resumed: boolean | undefined;
    const effect: Effect = async (attempt) => {
      ({ resumed } = attempt);
      return writing()(attempt);
    };
    const other = anotherProcess();
    const second = call(effect, { db: other.db });
    now += leaseMs - 1;
    await other.hasLooked();
    expect(resumed).toBeUndefined();
    now += 1;
    expect((await second).text).toBe("1");
    expect(resumed).toBe(true);
    dead.release();
    await first;
  });

  test("and comes back cannot commit beside its successor, and answers as that one did", async () => {
    const sleeper = held((attempt) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`insert into effect (text) values ('late')`);
        return attempt.record(tx, { text: "late" });
      }),
    );
    const late = call(sleeper.effect);
    await sleeper.begun;
    now += leaseMs;
    expect((await call(writing())).text).toBe("1");
    sleeper.release();
    expect((await late).text).toBe("1");
    expect(await effects()).toBe(1);
  });

  test("and comes back without a last transaction answers as its successor did, too", async () => {
    const sleeper = held(async () => ({ text: "late" }));
    const late = call(sleeper.effect);
    await sleeper.begun;
    now += leaseMs;
    await call(writing());
    sleeper.release();
    expect((await late).text).toBe("1");
  });

  test("of twenty who wait for it, one takes over", async () => {
    const dead = held(async () => ({ text: "late" }));
    const first = call(dead.effect);
    await dead.begun;
    const others = Array.from({ length: 20 }, () => call(writing()));
    now += leaseMs;
    expect(new Set((await Promise.all(others)).map(({ text }) => text))).toEqual(new Set(["1"]));
    expect(await effects()).toBe(1);
    dead.release();
    await first;
  });
});

test("a slow attempt renews its lease", async () => {
  const slow = held();
  const running = call(slow.effect);
  await slow.begun;
  const leaseUntil = async () =>
    (await db.query<{ leaseUntil: Date }>(sql`select lease_until as "leaseUntil" from idempotency`))[0]
      ?.leaseUntil;
  now += leaseMs - 1;
  await waitFor(async () => (await leaseUntil())?.getTime() === now + leaseMs);
  slow.release();
  expect((await running).text).toBe("1");
});

test("an answer recorded with the last write is there if and only if that is", async () => {
  const crash = new Error("crash");
  const failing = call(({ record }) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into effect (text) values ('undone')`);
      await record(tx, { text: "undone" });
      throw crash;
    }),
  );
  await expect(failing).rejects.toBe(crash);
  const effect: Effect = ({ record }) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`insert into effect (text) values ('done')`);
      return record(tx, { text: "done" });
    });
  expect((await call(effect)).text).toBe("done");
  expect((await call(effect)).text).toBe("done");
  expect(await effects()).toBe(1);
});

test("who waits beyond its deadline is told so, and changes nothing", async () => {
  const first = held();
  const running = call(first.effect);
  await first.begun;
  const controller = new AbortController();
  const other = anotherProcess();
  const waiting = call(writing(), { signal: controller.signal, db: other.db });
  await other.hasLooked();
  const late = fail("PROVIDER_UNAVAILABLE", {});
  controller.abort(late);
  await expect(waiting).rejects.toBe(late);
  first.release();
  expect((await running).text).toBe("1");
  expect(await effects()).toBe(1);
});
