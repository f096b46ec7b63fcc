import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Queryable, type Schema, sql } from "../db/index.ts";
import { type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import { createRelay, type OutboxEvent, type OutboxRow, outboxLease } from "./index.ts";

const schema: Schema = {
  name: "noting",
  migrations: [
    {
      name: "0001-init",
      up: `create table note (id bigint generated always as identity, text text not null,
             published boolean not null default false);${outboxLease}`,
    },
  ],
};

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase(schema, { poolSize: 4 });
});
afterEach(() => database[Symbol.asyncDispose]());

const eventTime = new Date(0);
const note = (db: Queryable, ...texts: string[]) =>
  db.execute(sql`insert into note (text) select unnest(${texts}::text[])`);
const read = async (limit: number): Promise<OutboxRow[]> => {
  const rows = await database.db.query<{ id: bigint; text: string }>(sql`
    select id, text from note where not published order by id limit ${limit}`);
  return rows.map(({ id, text }) => ({ row: id, type: "note.made", subject: "", data: text, eventTime }));
};
/** As if whoever published last had died a while ago. */
const expireLease = () => database.db.execute(sql`update outbox_lease set lease_until = now()`);
const done = (rows: bigint[]) =>
  database.db.execute(sql`update note set published = true where id = any(${rows}::bigint[])`);
const relayTo = (
  publish: (events: OutboxEvent[]) => Promise<unknown>,
  note: (rows: bigint[]) => Promise<unknown> = done,
) =>
  createRelay({
    name: "noting",
    db: database.db,
    log: pino({ level: "silent" }),
    webhooks: { publishEvents: ({ events }) => publish(events) },
    read,
    done: note,
  });

/** Somebody who is told; repetitions, too. */
function listener() {
  const calls: OutboxEvent[][] = [];
  return {
    calls,
    told: () => calls.flat().map(({ data }) => data),
    publish: async (events: OutboxEvent[]) => void calls.push(events),
  };
}

test("what is written down is published once, in batches", async () => {
  const { publish, told, calls } = listener();
  const texts = Array.from({ length: 450 }, (_, i) => `n${i}`);
  await note(database.db, ...texts);
  const relay = relayTo(publish);
  expect(await relay.run()).toBe(450);
  expect(told()).toEqual(texts);
  expect(calls.map((events) => events.length)).toEqual([200, 200, 50]);
  expect(await relay.run()).toBe(0);
});

test("what commits late is not passed by, though its number is lower", async () => {
  const { publish, told } = listener();
  const relay = relayTo(publish);
  await database.db.transaction(async (tx) => {
    await note(tx, "late");
    await note(database.db, "early");
    await relay.run();
    expect(told()).toEqual(["early"]);
  });
  await relay.run();
  expect(told()).toEqual(["early", "late"]);
});

test("what is rolled back is not published", async () => {
  const { publish, told } = listener();
  const failing = database.db.transaction(async (tx) => {
    await note(tx, "never");
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  expect(await relayTo(publish).run()).toBe(0);
  expect(told()).toEqual([]);
});

test("what could not be published, or not be noted, is published again under the same id", async () => {
  const { publish, calls } = listener();
  await note(database.db, "a");
  const away = relayTo(() => Promise.reject(new Error("away")));
  await expect(away.run()).rejects.toThrow("away");
  await expireLease();
  const forgetful = relayTo(publish, () => Promise.reject(new Error("killed")));
  await expect(forgetful.run()).rejects.toThrow("killed");
  await expireLease();
  expect(await relayTo(publish).run()).toBe(1);
  expect(calls.flat().map(({ id }) => id)).toEqual(["noting:1", "noting:1"]);
});

test("of several replicas one publishes", async () => {
  const { publish, told } = listener();
  const texts = Array.from({ length: 600 }, (_, i) => `n${i}`);
  await note(database.db, ...texts);
  const counts = await Promise.all([1, 2, 3, 4].map(() => relayTo(publish).run()));
  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 600]);
  expect(told()).toEqual(texts);
});

test("a call carries no more than gRPC takes", async () => {
  const { publish, calls } = listener();
  const long = "x".repeat(200_000);
  await note(database.db, ...Array.from({ length: 12 }, () => long), "short");
  await relayTo(publish).run();
  expect(calls.map((events) => events.length)).toEqual([5, 5, 3]);
});

test("started, it goes on after a failure until it is stopped", async () => {
  const { publish, told } = listener();
  const relay = relayTo(publish);
  await note(database.db, "first");
  {
    using _ = relay.start();
    await waitFor(() => told().length === 1);
    await note(database.db, "second");
    await waitFor(() => told().length === 2);
  }
  await note(database.db, "third");
  expect(await relay.run()).toBe(1);
});
