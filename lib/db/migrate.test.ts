import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { execPath } from "node:process";
import { expect, test } from "vitest";
import { asSuperuser, emptyDatabase, testDatabase } from "../testing/postgres.ts";
import { openDatabase } from "./db.ts";
import { sqlState } from "./errors.ts";
import { migrate, type Schema, SchemaTooNew } from "./migrate.ts";
import { sql } from "./sql.ts";

const step = (name: string, up: string) => ({ name, up });

const first = step("0001-thing", "create table thing (id int primary key); insert into thing values (1);");
const second = step(
  "0002-name",
  "alter table thing add column name text not null default '?'; create index on thing (name)",
);
const things: Schema = { name: "things", migrations: [first, second] };
const others: Schema = { name: "others", migrations: [step("0001-secret", "create table secret (id int)")] };

const recorded = (url: string, schema: string) =>
  asSuperuser(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select name from ${schema}.migration order by applied_at`,
    );
    return rows.map((row) => row.name);
  });

test("migrating makes schema, role and tables; a second run changes nothing; a later step is added", async () => {
  await using database = await emptyDatabase();
  const { url } = database;
  await migrate({ url, schemas: [{ ...things, migrations: [first] }] });
  await migrate({ url, schemas: [{ ...things, migrations: [first] }] });
  expect(await recorded(url, "things")).toEqual([first.name]);
  await migrate({ url, schemas: [things, others] });
  expect(await recorded(url, "things")).toEqual([first.name, second.name]);
  expect(await recorded(url, "others")).toEqual(["0001-secret"]);
  const owners = await asSuperuser(url, (client) =>
    client.query("select tableowner as owner from pg_tables where schemaname = 'things' order by tablename"),
  );
  expect(owners.rows).toEqual([{ owner: "rowlock_things" }, { owner: "rowlock_things" }]);
});

test("many migrators at once: each step is applied once, and all succeed", async () => {
  await using database = await emptyDatabase();
  // A role of its own, so that the race includes making it.
  const schema: Schema = { ...things, name: `things_${randomBytes(4).toString("hex")}` };
  await Promise.all(
    Array.from({ length: 10 }, () => migrate({ url: database.url, schemas: [schema, others] })),
  );
  expect(await recorded(database.url, schema.name)).toEqual([first.name, second.name]);
});

test("many databases of one server migrated at once race for the roles only, and all succeed", async () => {
  const schema: Schema = { ...things, name: `things_${randomBytes(4).toString("hex")}` };
  await using databases = new AsyncDisposableStack();
  const urls: string[] = [];
  for (let i = 0; i < 4; i++) urls.push(databases.use(await emptyDatabase()).url);
  await Promise.all(urls.map((url) => migrate({ url, schemas: [schema] })));
  for (const url of urls) expect(await recorded(url, schema.name)).toHaveLength(2);
});

test("several processes at once", async () => {
  await using database = await emptyDatabase();
  const source = `
    import { text } from "node:stream/consumers";
    import { migrate } from ${JSON.stringify(new URL("./migrate.ts", import.meta.url).href)};
    process.stdout.write("ready");
    await migrate(JSON.parse(await text(process.stdin)));`;
  const children = Array.from({ length: 3 }, () =>
    spawn(execPath, ["--input-type=module", "--eval", source], { stdio: ["pipe", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const exits = children.map((child) => once(child, "exit"));
  for (const child of children) child.stdin.end(JSON.stringify({ url: database.url, schemas: [things] }));
  expect((await Promise.all(exits)).map(([code]) => code as unknown)).toEqual([0, 0, 0]);
  expect(await recorded(database.url, "things")).toHaveLength(2);
});

test("a step that fails leaves nothing of itself, and names itself", async () => {
  await using database = await emptyDatabase();
  const broken = step("0003-broken", "create table half (id int); select 1/0;");
  const failing = migrate({
    url: database.url,
    schemas: [{ ...things, migrations: [first, second, broken] }],
  });
  await expect(failing).rejects.toThrow("0003-broken of schema things failed: division by zero");
  expect(await recorded(database.url, "things")).toEqual([first.name, second.name]);
  const { rows } = await asSuperuser(database.url, (client) =>
    client.query("select to_regclass('things.half') as found"),
  );
  expect(rows).toEqual([{ found: null }]);
});

test.each<[string, Schema["migrations"]]>([
  ["the code knows fewer steps", [first]],
  ["the code knows another step at its place", [first, step("0002-other", "select 1")]],
  ["the code has put a step before", [step("0000-new", "select 1"), first, second]],
])("a database newer than the code is refused: %s", async (_, migrations) => {
  await using test = await testDatabase(things);
  const older = migrate({ url: test.url, schemas: [{ name: "things", migrations }] });
  await expect(older).rejects.toThrow(SchemaTooNew);
  expect(await recorded(test.url, "things")).toEqual([first.name, second.name]);
});

test.each(["Things", "a-b", 'a"b', "", "1a"])("%j is no schema name", async (name) => {
  await expect(migrate({ url: "postgres://nowhere", schemas: [{ name, migrations: [] }] })).rejects.toThrow(
    TypeError,
  );
});

test("two steps of one name are refused", async () => {
  const twice = migrate({ url: "postgres://nowhere", schemas: [{ name: "a", migrations: [first, first] }] });
  await expect(twice).rejects.toThrow("two migrations of one name");
});

test("a service's role cannot read, write or see into another's schema", async () => {
  await using test = await testDatabase([things, others]);
  for (const statement of [
    sql`select id from others.secret`,
    sql`insert into others.secret values (1)`,
    sql`create table others.mine (id int)`,
  ]) {
    const err = await test.db.query(statement).catch((e: unknown) => e);
    expect(sqlState(err)).toBe("42501");
  }
  expect(await test.open("others").query(sql`select id from secret`)).toEqual([]);
  expect(await test.db.query(sql`select id, name from thing`)).toEqual([{ id: 1, name: "?" }]);
});

test("a user who is no superuser, but may create roles and schemas, is enough", async () => {
  await using database = await emptyDatabase();
  const name = `owner_${randomBytes(4).toString("hex")}`;
  const schema: Schema = { ...things, name: `things_${randomBytes(4).toString("hex")}` };
  await asSuperuser(database.url, async (client) => {
    await client.query(`create role ${name} login createrole password 'p'`);
    await client.query(`grant create on database "${new URL(database.url).pathname.slice(1)}" to ${name}`);
  });
  const url = Object.assign(new URL(database.url), { username: name, password: "p" }).href;
  await migrate({ url, schemas: [schema] });
  await migrate({ url, schemas: [schema] });
  await using db = openDatabase({ url, schema: schema.name });
  expect(await db.query(sql`select id from thing`)).toEqual([{ id: 1 }]);
});
