import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";
import { asSuperuser, type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import { type Db, openDatabase, type Tx } from "./db.ts";
import {
  DatabaseUnavailable,
  isCheckViolation,
  isForeignKeyViolation,
  isUniqueViolation,
  sqlState,
} from "./errors.ts";
import type { Schema } from "./migrate.ts";
import { json, sql, statement } from "./sql.ts";

const shop: Schema = {
  name: "shop",
  migrations: [
    {
      name: "0001-item",
      up: `create table item (
             id int constraint item_pkey primary key,
             stock bigint not null constraint item_stock_not_negative check (stock >= 0),
             parent int constraint item_parent_fkey references item (id));`,
    },
  ],
};

let shared: TestDatabase;
let db: Db;
const statements: string[] = [];

beforeAll(async () => {
  shared = await testDatabase(shop, { onStatement: (text) => statements.push(text) });
  db = shared.db;
});

afterAll(() => shared[Symbol.asyncDispose]());

beforeEach(async () => {
  await db.execute(sql`delete from item`);
  await db.execute(sql`insert into item (id, stock) values (1, 10), (2, 10)`);
  statements.length = 0;
});

const addStock = (tx: Tx, id: number, by: number) =>
  tx.execute(sql`update item set stock = stock + ${by} where id = ${id}`);
const stockOf = async (id: number) =>
  (await db.query<{ stock: bigint }>(sql`select stock from item where id = ${id}`))[0]?.stock;

test.each<[string, string, unknown, unknown]>([
  ["int4", "int4", 7, 7],
  ["int8", "int8", 9_007_199_254_740_993n, 9_007_199_254_740_993n],
  ["int8[]", "int8[]", [1n, null, -2n], [1n, null, -2n]],
  ["numeric", "numeric", "1.10", "1.10"],
  ["numeric[]", "numeric[]", ["1.10"], ["1.10"]],
  ["text[]", "text[]", ['a"b', "c,{}", "", null], ['a"b', "c,{}", "", null]],
  ["bool", "bool", true, true],
  ["null", "text", null, null],
  ["timestamptz", "timestamptz", new Date("2026-02-03T04:05:06.789Z"), new Date("2026-02-03T04:05:06.789Z")],
  [
    "timestamptz before Christ",
    "timestamptz",
    "0044-03-15 00:00:00+00 BC",
    new Date("-000043-03-15T00:00:00Z"),
  ],
  ["timestamptz[]", "timestamptz[]", [new Date(0)], [new Date(0)]],
  ["date", "date", "2026-02-03", "2026-02-03"],
  ["jsonb object", "jsonb", json({ a: [1, "ü"] }), { a: [1, "ü"] }],
  ["jsonb array", "jsonb", json(["a"]), ["a"]],
  ["jsonb null", "jsonb", json(null), null],
  ["bytea", "bytea", new Uint8Array([0, 255]), Buffer.from([0, 255])],
])("%s goes in and comes out", async (_, type, value, want) => {
  const [row] = await db.query<{ value: unknown }>(sql`select ${value}::${raw(type)} as value`);
  expect(row?.value).toEqual(want);
});

function raw(type: string) {
  const strings = Object.assign([type], { raw: [type] }) as unknown as TemplateStringsArray;
  return sql(strings);
}

test("a connection works as the schema's role, in its schema, with its limits, for one statement", async () => {
  const fresh = shared.open("shop");
  const [row] = await fresh.query(sql`
    select current_user as role, current_setting('search_path') as path, current_setting('statement_timeout') as statement,
      current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`);
  expect(row).toEqual({ role: "rowlock_shop", path: '"shop"', statement: "10s", lock: "8s", idle: "15s" });
});

test("a connection plans a statement once, or for its values", async () => {
  const planning = sql`select current_setting('plan_cache_mode') as mode`;
  expect(await shared.open("shop").query(planning)).toEqual([{ mode: "force_generic_plan" }]);
  expect(await shared.open("shop", { replan: true }).query(planning)).toEqual([{ mode: "auto" }]);
});

test("a transaction sends begin, its statements and commit, nothing else", async () => {
  await db.transaction(async (tx) => {
    await addStock(tx, 1, 1);
    await addStock(tx, 2, 1);
  });
  const update = "update item set stock = stock + $1 where id = $2";
  expect(statements).toEqual(["begin", update, update, "commit"]);
});

test("Postgres parses a text once per connection", async () => {
  const one = shared.open("shop", { poolSize: 1 });
  for (let i = 0; i < 5; i++) await one.transaction((tx) => addStock(tx, 1, 1));
  const prepared = await one.query(sql`
    select generic_plans + custom_plans as calls from pg_prepared_statements where statement like 'update item%'`);
  expect(prepared).toEqual([{ calls: 5n }]);
});

test("a thrown error rolls back and comes out as it is", async () => {
  const mine = new Error("mine");
  const failing = db.transaction(async (tx) => {
    await addStock(tx, 1, 5);
    throw mine;
  });
  await expect(failing).rejects.toBe(mine);
  expect(await stockOf(1)).toBe(10n);
  expect(statements).toContain("rollback");
});

test("a failure that the work swallows is not reported as a success", async () => {
  const swallowing = db.transaction(async (tx) => {
    await addStock(tx, 1, 5);
    await addStock(tx, 2, -100).catch(() => undefined);
    return "done";
  });
  await expect(swallowing).rejects.toSatisfy((err) => isCheckViolation(err, "item_stock_not_negative"));
  expect(await stockOf(1)).toBe(10n);
});

test("a statement after the end of its transaction is refused", async () => {
  let kept: Tx | undefined;
  await db.transaction(async (tx) => {
    kept = tx;
    await tx.knex("item").select("id");
  });
  await expect(addStock(kept as Tx, 1, 1)).rejects.toThrow("after the end");
  await expect(kept?.knex("item").select("id")).rejects.toThrow("after the end");
  expect(await stockOf(1)).toBe(10n);
});

test("statements of one transaction may overlap", async () => {
  const sums = await db.transaction((tx) =>
    Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => (await tx.query<{ n: number }>(sql`select ${n}::int4 as n`))[0]?.n),
    ),
  );
  expect(sums).toEqual([1, 2, 3, 4, 5]);
});

test("when one of several overlapping statements fails, so does the transaction; the connection goes on", async () => {
  const one = shared.open("shop", { poolSize: 1 });
  const failing = one.transaction((tx) =>
    Promise.all([
      addStock(tx, 1, 1),
      addStock(tx, 2, -100),
      addStock(tx, 1, 1),
      tx.query(sql`select nonsense`),
    ]),
  );
  await expect(failing).rejects.toSatisfy((err) => isCheckViolation(err, "item_stock_not_negative"));
  expect(await one.query(sql`select stock from item where id = 1`)).toEqual([{ stock: 10n }]);
});

test("what is to follow a commit follows a commit only, once", async () => {
  const calls: string[] = [];
  let runs = 0;
  await db.transaction(async (tx) => {
    tx.afterCommit(() => calls.push("committed"));
    if (++runs === 1)
      await tx.execute(sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
    expect(calls).toEqual([]);
  });
  const failing = db.transaction(async (tx) => {
    tx.afterCommit(() => calls.push("rolled back"));
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  expect([runs, calls]).toEqual([2, ["committed"]]);
});

test("text that a library brings runs as it is", async () => {
  const one = await db.run(statement("select $1::int4 + 1 as n where '{\"a\": 1}'::jsonb ? 'a'", [1]));
  expect(one.rows).toEqual([{ n: 2 }]);
  const several = (await db.run(statement("select 1 as n; select 2 as n"))) as unknown as {
    rows: unknown[];
  }[];
  expect(several.map((each) => each.rows)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
});

test("deadlocked transactions are run again, whole, until both are through", async () => {
  let runs = 0;
  const bothHold = Promise.withResolvers<void>();
  let holding = 0;
  const cross = (first: number, second: number) =>
    db.transaction(async (tx) => {
      runs++;
      await addStock(tx, first, 1);
      if (++holding === 2) bothHold.resolve();
      await bothHold.promise;
      await addStock(tx, second, 1);
    });
  await Promise.all([cross(1, 2), cross(2, 1)]);
  expect(runs).toBe(3);
  expect([await stockOf(1), await stockOf(2)]).toEqual([12n, 12n]);
});

test("serializable transactions that conflict are run again until all are through", async () => {
  let runs = 0;
  const allHaveRead = Promise.withResolvers<void>();
  const readThenWrite = () =>
    db.transaction(
      async (tx) => {
        runs++;
        const [row] = await tx.query<{ stock: bigint }>(sql`select stock from item where id = 1`);
        if (runs === 5) allHaveRead.resolve();
        await allHaveRead.promise;
        await tx.execute(sql`update item set stock = ${(row?.stock ?? 0n) + 1n} where id = 1`);
      },
      { isolation: "serializable" },
    );
  await Promise.all(Array.from({ length: 5 }, readThenWrite));
  expect(await stockOf(1)).toBe(15n);
  expect(runs).toBeGreaterThan(5);
});

test("a conflict that never ends is given up with its error", async () => {
  let runs = 0;
  const hopeless = db.transaction(async (tx) => {
    runs++;
    await tx.execute(sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
  });
  await expect(hopeless).rejects.toSatisfy((err) => sqlState(err) === "40001");
  expect(runs).toBe(10);
});

test("a read-only transaction cannot write", async () => {
  const writing = db.transaction((tx) => addStock(tx, 1, 1), { readOnly: true });
  await expect(writing).rejects.toSatisfy((err) => sqlState(err) === "25006");
});

test("constraints are told apart by name", async () => {
  const duplicate = await db
    .execute(sql`insert into item (id, stock) values (1, 1)`)
    .catch((err: unknown) => err);
  expect(isUniqueViolation(duplicate, "item_pkey")).toBe(true);
  expect(isUniqueViolation(duplicate)).toBe(true);
  expect(isUniqueViolation(duplicate, "other")).toBe(false);
  expect(isCheckViolation(duplicate)).toBe(false);
  const orphan = await db
    .execute(sql`insert into item (id, stock, parent) values (3, 1, 99)`)
    .catch((err: unknown) => err);
  expect(isForeignKeyViolation(orphan, "item_parent_fkey")).toBe(true);
  expect(isUniqueViolation(new Error("23505"))).toBe(false);
});

test("an error carries its statement, without the values", async () => {
  const err = await db
    .query(sql`select ${"s3cret"}::int4 as n from item`)
    .catch((e: unknown) => e as Error & { statement?: string });
  expect(err).toMatchObject({ statement: "select $1::int4 as n from item" });
  const knexError = await db.knex.raw("select ?::nothing", ["s3cret"]).catch((e: unknown) => e as Error);
  expect((knexError as Error).message).toContain("nothing");
  expect((knexError as Error).message).not.toContain("s3cret");
});

test("the builder of a transaction takes part in it", async () => {
  const counted = await db.transaction(async (tx) => {
    await tx.knex("item").insert({ id: 3, stock: "7" });
    await tx.knex.transaction(async (nested) => {
      await nested("item").where({ id: 3 }).update({ stock: "8" });
    });
    await tx.knex
      .transaction(async (nested) => {
        await nested("item").delete();
        throw new Error("undo");
      })
      .catch(() => undefined);
    await expect(tx.knex.commit()).rejects.toThrow("ends with the work");
    return await tx.query(sql`select id, stock from item where id = 3`);
  });
  expect(counted).toEqual([{ id: 3, stock: 8n }]);
  expect(statements.filter((text) => /^(begin|commit)/.test(text))).toEqual(["begin", "commit"]);
  expect(statements.some((text) => text.startsWith("insert into"))).toBe(true);
});

test("builders leave no listeners behind", async () => {
  const count = () => (db.knex.client as { listenerCount(event: string): number }).listenerCount("query");
  const before = count();
  for (let i = 0; i < 20; i++) await db.transaction(async (tx) => tx.knex("item").select("id"));
  expect(count()).toBe(before);
});

test("no Postgres at the address: unavailable, at once", async () => {
  await using nowhere = openDatabase({
    url: `postgres://a:b@127.0.0.1:${await freePort()}/x`,
    schema: "shop",
  });
  await expect(nowhere.query(sql`select 1`)).rejects.toThrow(DatabaseUnavailable);
  await expect(nowhere.transaction((tx) => tx.query(sql`select 1`))).rejects.toThrow(DatabaseUnavailable);
});

test("a schema that was never migrated: unavailable, and no connection is left over", async () => {
  await using unknown = openDatabase({ url: shared.url, schema: "nothing" });
  await expect(unknown.query(sql`select 1`)).rejects.toThrow(DatabaseUnavailable);
  const left = () =>
    asSuperuser(shared.url, async (client) => {
      const { rowCount } = await client.query(
        "select from pg_stat_activity where application_name = 'rowlock_nothing'",
      );
      return rowCount === 0;
    });
  await waitFor(left);
});

test("a terminated connection: unavailable; the next statement gets a new one", async () => {
  const terminate = (pid: number) =>
    asSuperuser(shared.url, (client) => client.query("select pg_terminate_backend($1)", [pid]));
  const one = shared.open("shop", { poolSize: 1 });
  const broken = one.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await terminate(row?.pid ?? 0);
    await tx.query(sql`select 1`);
  });
  await expect(broken).rejects.toMatchObject({ name: "DatabaseUnavailable", outcomeUnknown: false });
  const [row] = await one.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
  await terminate(row?.pid ?? 0);
  await waitFor(async () => (await one.query(sql`select 1 as n`).catch(() => [])).length === 1);
});

test("a connection that breaks during the commit: unavailable, the outcome unknown", async () => {
  const one = shared.open("shop", { poolSize: 1 });
  const broken = one.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await asSuperuser(shared.url, (client) => client.query("select pg_terminate_backend($1)", [row?.pid]));
  });
  await expect(broken).rejects.toMatchObject({ name: "DatabaseUnavailable", outcomeUnknown: true });
});

test("a statement over its time: unavailable, and the connection goes on", async () => {
  const one = shared.open("shop", { poolSize: 1 });
  const slow = one.transaction(async (tx) => {
    await tx.query(sql`set local statement_timeout = '20ms'`);
    await tx.query(sql`select pg_sleep(5)`);
  });
  await expect(slow).rejects.toThrow(DatabaseUnavailable);
  expect(await one.query(sql`select 1 as n`)).toEqual([{ n: 1 }]);
});

test("a bad value fails its own statement only", async () => {
  const one = shared.open("shop", { poolSize: 1 });
  const unprintable = {
    toPostgres: () => {
      throw new Error("unprintable");
    },
  };
  class Value {
    toPostgres = unprintable.toPostgres;
  }
  await expect(one.query(sql`select ${new Value()}`)).rejects.toThrow("unprintable");
  expect(await one.query(sql`select 1 as n`)).toEqual([{ n: 1 }]);
});

test("more work than connections waits its turn", async () => {
  const two = shared.open("shop", { poolSize: 2 });
  await Promise.all(Array.from({ length: 50 }, () => two.transaction((tx) => addStock(tx, 1, 1))));
  expect(await stockOf(1)).toBe(60n);
});
