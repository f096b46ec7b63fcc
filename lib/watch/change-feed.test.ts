import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Schema, sql } from "../db/index.ts";
import { asSuperuser, type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import { listenerName } from "./announcer.ts";
import { createChangeFeed, type SharedChangeFeed } from "./change-feed.ts";
import { changed, telling } from "./telling.ts";

const schema: Schema = {
  name: "told",
  migrations: [{ name: "0001-init", up: "create table thing (id text constraint thing_pkey primary key);" }],
};
const log = pino({ level: "silent" });

let database: TestDatabase;
const statements: string[] = [];
const notified = () => statements.filter((text) => text.includes("pg_notify"));
let channel: string;
let channels = 0;

beforeAll(async () => {
  database = await testDatabase(schema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => {
  statements.length = 0;
  channel = `rowlock "things" ${++channels}`;
});

const open = () => createChangeFeed({ db: database.db, url: database.url, channel, log });

/** What a feed tells, ids or "anything". */
function hear(feed: SharedChangeFeed) {
  const heard: string[] = [];
  const subscription = feed.subscribe({
    changed: (ids) => heard.push(...(ids ?? ["anything"])),
    closed: () => heard.push("closed"),
  });
  return { heard, leave: () => subscription[Symbol.dispose]() };
}

/** Hears, and has been told twice that anything may have changed: what is heard from now on was told. */
async function listen(feed: SharedChangeFeed) {
  const hearing = hear(feed);
  await waitFor(() => hearing.heard.length === 2, { what: "the listening connection" });
  expect(hearing.heard.splice(0)).toEqual(["anything", "anything"]);
  return hearing;
}

/** The connections that listen to the channel. */
const listeners = () =>
  asSuperuser(database.url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where starts_with(application_name, $1)",
      [listenerName({ channel, origin: "" })],
    );
    return rows.map(({ pid }) => pid);
  });

test("what one process tells, all hear: itself at once and once, the others with a notification", async () => {
  await using here = open();
  await using there = open();
  const [mine, theirs] = await Promise.all([listen(here), listen(there)]);
  here.tell(["a", "b"]);
  expect(mine.heard).toEqual(["a", "b"]);
  there.tell(["c"]);
  await waitFor(() => theirs.heard.length === 3 && mine.heard.length === 3);
  expect(theirs.heard).toEqual(["c", "a", "b"]);
  expect(mine.heard).toEqual(["a", "b", "c"]);
});

test("other channels are not heard", async () => {
  await using here = open();
  channel += " and others";
  await using elsewhere = open();
  const mine = await listen(here);
  await using there = open();
  const theirs = await listen(elsewhere);
  there.tell(["a"]);
  await waitFor(() => theirs.heard.length > 0);
  expect(mine.heard).toEqual([]);
});

test("many changes in a short time are one statement; nothing is sent for none", async () => {
  await using here = open();
  await using there = open();
  const theirs = await listen(there);
  here.tell([]);
  for (let i = 0; i < 500; i++) here.tell([`sku-${i % 100}`]);
  await waitFor(() => theirs.heard.length > 0);
  expect(theirs.heard).toEqual(Array.from({ length: 100 }, (_, i) => `sku-${i}`));
  expect(notified()).toHaveLength(1);
});

test("while no other process listens nothing is sent, and hardly asked", async () => {
  const here = open();
  await listen(here);
  const began = performance.now();
  here.tell(["a"]);
  await waitFor(() => notified().length === 1);
  for (let i = 0; i < 100; i++) here.tell(["b"]);
  await here[Symbol.asyncDispose]();
  // At once, then once a second, and for what waits at the end.
  const seconds = (performance.now() - began) / 1_000;
  expect(notified().length).toBeLessThanOrEqual(2 + seconds);
});

test("who then begins to listen misses nothing", async () => {
  await using here = open();
  here.tell(["a"]);
  await waitFor(() => notified().length === 1);
  await using there = open();
  const { heard } = hear(there);
  await waitFor(() => heard.length > 0);
  heard.length = 0;
  here.tell(["b"]);
  const isTold = () => heard.includes("b") || heard.includes("anything");
  await waitFor(isTold);
  await waitFor(() => {
    here.tell(["c"]);
    return heard.includes("c");
  });
  expect(heard.filter((id) => id === "a")).toEqual([]);
});

test("more changes than one likes to list are told as anything, without an echo", async () => {
  await using here = open();
  await using there = open();
  const [mine, theirs] = await Promise.all([listen(here), listen(there)]);
  here.tell(Array.from({ length: 5_000 }, (_, i) => `sku-${i}`));
  await waitFor(() => theirs.heard.length > 0);
  expect(theirs.heard).toEqual(["anything"]);
  there.tell(["last"]);
  await waitFor(() => mine.heard.includes("last"));
  expect(mine.heard).not.toContain("anything");
});

test("what waits to be told is told when the process stops, which its subscribers hear of", async () => {
  await using there = open();
  const theirs = await listen(there);
  const here = open();
  const mine = await listen(here);
  here.stop();
  expect(mine.heard).toEqual(["closed"]);
  expect(hear(here).heard).toEqual(["closed"]);
  here.tell(["a"]);
  await here[Symbol.asyncDispose]();
  await waitFor(() => theirs.heard.includes("a"));
  await waitFor(async () => (await listeners()).length === 1);
});

test("one connection listens, while somebody subscribes", async () => {
  await using feed = open();
  feed.tell(["a"]);
  await waitFor(() => notified().length === 1);
  expect(await listeners()).toEqual([]);
  const first = await listen(feed);
  const second = hear(feed);
  expect(await listeners()).toHaveLength(1);
  first.leave();
  feed.tell(["b"]);
  expect(second.heard).toEqual(["b"]);
  expect(await listeners()).toHaveLength(1);
  second.leave();
  await waitFor(async () => (await listeners()).length === 0);
  await listen(feed);
  expect(await listeners()).toHaveLength(1);
});

test("whoever leaves before the connection stands leaves none behind", async () => {
  await using brief = open();
  for (let i = 0; i < 5; i++) {
    const { leave } = hear(brief);
    await new Promise((resolve) => setImmediate(resolve));
    leave();
  }
  await using feed = open();
  await listen(feed);
  expect(await waitFor(async () => (await listeners()).length === 1)).toBe(true);
});

test("a connection that is killed is opened again, and anything may have changed meanwhile", async () => {
  await using here = open();
  await using there = open();
  const theirs = await listen(there);
  const [pid] = await listeners();
  await asSuperuser(database.url, (client) => client.query("select pg_terminate_backend($1)", [pid]));
  await waitFor(() => theirs.heard.includes("anything"));
  expect(await listeners()).not.toContain(pid);
  here.tell(["a"]);
  await waitFor(() => theirs.heard.includes("a"));
});

test("payloads of others that are not understood: anything may have changed", async () => {
  await using feed = open();
  const { heard } = await listen(feed);
  await database.db.query(sql`select pg_notify(${channel}, 'what?')`);
  await waitFor(() => heard.length > 0);
  expect(heard).toEqual(["anything"]);
});

const insert = (id: string) => sql`insert into thing (id) values (${id})`;

test("a transaction's changes are told once it is committed", async () => {
  await using feed = open();
  const { heard } = hear(feed);
  heard.length = 0;
  const db = telling(database.db, feed);
  await db.transaction(async (tx) => {
    await tx.execute(insert("committed"));
    changed(tx, ["committed"]);
    expect(heard).toEqual([]);
  });
  expect(heard.filter((id) => id !== "anything")).toEqual(["committed"]);
});

test("those of a transaction that is rolled back are not", async () => {
  await using feed = open();
  const { heard } = hear(feed);
  const db = telling(database.db, feed);
  const failing = db.transaction(async (tx) => {
    await tx.execute(insert("rolled back"));
    changed(tx, ["rolled back"]);
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(heard).not.toContain("rolled back");
});

test("a statement by itself is told at once; a database without a feed tells nothing", async () => {
  await using feed = open();
  const { heard } = hear(feed);
  const db = telling(database.db, feed);
  await db.execute(insert("single"));
  changed(db, ["single"]);
  expect(heard).toContain("single");
  changed(database.db, ["plain"]);
  expect(heard).not.toContain("plain");
});
