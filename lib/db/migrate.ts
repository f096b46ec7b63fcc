import pg from "pg";
import type { Log } from "../telemetry/log.ts";
import { roleOf } from "./db.ts";
import { SQLSTATE, sqlState } from "./errors.ts";

/** One step forward of a schema. There is no way back: undo by a further step. */
export interface Migration {
  /** Unique within the schema, for people: "0001-products". */
  name: string;
  /** SQL statements, run in one transaction as the schema's role with the schema first in the search path. */
  up: string;
}

/** A service's Postgres schema: its name, and the steps that make it, oldest first; steps are only ever appended. */
export interface Schema {
  name: string;
  migrations: readonly Migration[];
}

/** The database has migrations that this code does not know: it was migrated by a newer version. */
export class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

// Any number that no other user of the database locks: "rowlock" in hex, cut to a bigint.
const MIGRATION_LOCK = 0x726f776c6f636bn;

// Roles belong to the whole server: two databases may be migrated at once, and the lock does not reach across.
const ROLE_ATTEMPTS = 20;
const TUPLE_CONCURRENTLY_UPDATED = "XX000";

// A host that is switched off refuses nothing.
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings the schemas up to date: role `rowlock_<name>` (no login, granted to the URL's user), schema owned by it, table
 * `migration`, then each missing migration in a transaction of its own, under an advisory lock: safe to run twice and
 * from many processes at once. The URL's user must be allowed to create roles and schemas.
 * @throws {SchemaTooNew} when a recorded migration is not the one known at its place
 */
export async function migrate({
  url,
  schemas,
  log,
}: {
  url: string;
  schemas: readonly Schema[];
  log?: Log;
}): Promise<void> {
  for (const schema of schemas) check(schema);
  const client = new pg.Client({
    connectionString: url,
    application_name: "rowlock_migrate",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // The statement under way fails with it.
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (const schema of schemas) await migrateSchema(client, schema, log);
  } finally {
    await client.end();
  }
}

function check({ name, migrations }: Schema): void {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(name)) throw new TypeError(`not a schema name: ${JSON.stringify(name)}`);
  const names = new Set(migrations.map((each) => each.name));
  if (names.size !== migrations.length) throw new TypeError(`schema ${name} has two migrations of one name`);
}

async function migrateSchema(client: pg.Client, schema: Schema, log: Log | undefined): Promise<void> {
  await ensureRole(client, roleOf(schema.name));
  await locked(client, () => ensureSchema(client, schema));
  for (;;) {
    const applied = await locked(client, () => applyNext(client, schema));
    if (applied === undefined) return;
    log?.debug({ schema: schema.name, migration: applied }, "migrated");
  }
}

/** One transaction, alone among migrators. */
async function locked<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (err) {
    // When the connection broke, the rollback has happened anyway.
    await client.query("rollback").catch(() => undefined);
    throw err;
  }
}

async function ensureRole(client: pg.Client, role: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await client.query<{ known: boolean; member: boolean }>(
        `select exists (select from pg_roles where rolname = $1) as known,
           (select rolsuper from pg_roles where rolname = current_user) or exists (
             select from pg_auth_members
             join pg_roles granted on granted.oid = roleid
             join pg_roles member on member.oid = pg_auth_members.member
             where granted.rolname = $1 and member.rolname = current_user) as member`,
        [role],
      );
      if (!rows[0]?.known) await client.query(`create role ${role} nologin`);
      if (!rows[0]?.member) await client.query(`grant ${role} to current_user`);
      return;
    } catch (err) {
      const raced = [
        SQLSTATE.duplicateObject,
        SQLSTATE.uniqueViolation,
        TUPLE_CONCURRENTLY_UPDATED,
      ] as string[];
      if (!raced.includes(sqlState(err) ?? "") || attempt === ROLE_ATTEMPTS) throw err;
    }
  }
}

async function ensureSchema(client: pg.Client, { name }: Schema): Promise<void> {
  const { rows } = await client.query("select to_regclass($1) as found", [`"${name}".migration`]);
  if (rows[0]?.found) return;
  await client.query(`
    create schema if not exists "${name}" authorization ${roleOf(name)};
    set local role ${roleOf(name)};
    create table "${name}".migration (
      name text constraint migration_pkey primary key,
      applied_at timestamptz not null default now()
    )`);
}

/** Applies the first migration that is not recorded; its name, or undefined when there was none left. */
async function applyNext(client: pg.Client, { name, migrations }: Schema): Promise<string | undefined> {
  await client.query(`set local role ${roleOf(name)}; set local search_path to "${name}"`);
  const { rows } = await client.query<{ name: string }>("select name from migration");
  const recorded = new Set(rows.map((row) => row.name));
  const strange = [...recorded].find(
    (each) => !migrations.slice(0, recorded.size).some((known) => known.name === each),
  );
  if (strange !== undefined) {
    throw new SchemaTooNew(
      `schema ${name} has the migration ${strange}, which is not among the first ${recorded.size} of this version: the database is newer than the code`,
    );
  }
  const next = migrations[recorded.size];
  if (next === undefined) return undefined;
  // The record goes in first: had the lock not held, the second migrator would wait on it and fail before any change.
  // Not now(): that is when the wait for the lock began, and would put the steps in another order.
  await client.query("insert into migration (name, applied_at) values ($1, clock_timestamp())", [next.name]);
  try {
    await client.query(next.up);
  } catch (cause) {
    throw new Error(`migration ${next.name} of schema ${name} failed: ${(cause as Error).message}`, {
      cause,
    });
  }
  return next.name;
}
