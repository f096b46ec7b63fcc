import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { EchoRequestSchema, EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { type Db, sql } from "../db/index.ts";
import { defineReasons, reasonOf } from "../errors/reasons.ts";
import { type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { idempotencyTable, once } from "./idempotency.ts";
import { keptMs, sweepIdempotency } from "./sweep.ts";

const schema = {
  name: "once",
  migrations: [{ name: "0001-init", up: `${idempotencyTable} create table effect (text text not null);` }],
};
const fail = defineReasons({ SOLD_OUT: { code: Code.FailedPrecondition, message: "sold out" } });

let shared: TestDatabase;
let db: Db;
beforeAll(async () => {
  shared = await testDatabase(schema);
  db = shared.db;
});
afterAll(() => shared[Symbol.asyncDispose]());
beforeEach(async () => {
  await db.execute(sql`truncate idempotency, effect`);
});

async function effects(): Promise<number> {
  const [row] = await db.query<{ n: number }>(sql`select count(*)::int as n from effect`);
  return row?.n ?? 0;
}

function write({ key = "k", text = "a", on = db, refuse = false } = {}) {
  const call = {
    method: EchoService.method.echo,
    caller: "customer:1",
    key,
    request: create(EchoRequestSchema, { text }),
  };
  return on.transaction((tx) =>
    once(tx, call, async () => {
      await tx.execute(sql`insert into effect (text) values (${text})`);
      if (refuse) throw fail("SOLD_OUT", {});
      const [row] = await tx.query<{ n: number }>(sql`select count(*)::int as n from effect`);
      return { text: String(row?.n) };
    }),
  );
}

test("twenty at once, from two pools: one effect, one answer", async () => {
  const other = shared.open("once");
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => write({ on: i % 2 === 0 ? db : other })),
  );
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["1"]));
  expect(await effects()).toBe(1);
});

test("without a key each call has its effect", async () => {
  expect([await write({ key: "" }), await write({ key: "" })].map(({ text }) => text)).toEqual(["1", "2"]);
});

test("another request with the key is refused", async () => {
  await write();
  expect(await write({ text: "b" }).catch(reasonOf)).toBe("REQUEST_ID_REUSED");
  expect(await effects()).toBe(1);
});

test("an effect that fails leaves nothing behind, and its key free", async () => {
  expect(await write({ refuse: true }).catch(reasonOf)).toBe("SOLD_OUT");
  expect(await write({ text: "b" })).toMatchObject({ text: "1" });
});

test("keys are swept once they are old enough, all of them, a few at a time", async () => {
  const left = async () =>
    (await db.query<{ n: number }>(sql`select count(*)::int as n from idempotency`))[0]?.n;
  for (const key of ["1", "2", "3"]) await write({ key });
  await db.execute(sql`update idempotency set create_time = now() + interval '1 hour' where key = '3'`);
  const sweep = (age: number) => sweepIdempotency(db, { now: new Date(Date.now() + age), limit: 1 });
  expect(await sweep(24 * 3_600_000)).toBe(0);
  expect(await write({ key: "1", text: "b" }).catch(reasonOf)).toBe("REQUEST_ID_REUSED");
  // Half an hour to spare for machines that take their time.
  expect(await sweep(keptMs + 1_800_000)).toBe(2);
  expect(await left()).toBe(1);
  expect(await write({ key: "1", text: "b" })).toMatchObject({ text: "4" });
});
