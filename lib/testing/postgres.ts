import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { type DatabaseOptions, type Db, openDatabase } from "../db/db.ts";
import { migrate, type Schema } from "../db/migrate.ts";
import "./global-setup.ts";

/** A migrated database of its own, dropped when disposed of. */
export interface TestDatabase {
  /** The first schema, under its service's role. */
  readonly db: Db;
  /** Superuser URL of the database. */
  readonly url: string;
  /** A further connection pool: of another schema, or of the same with other options. Closed with the database. */
  open(
    schema: string,
    options?: Partial<Pick<DatabaseOptions, "poolSize" | "replan" | "log" | "onStatement">>,
  ): Db;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A fresh database with the schemas migrated, in some 20 ms: a clone of a template that is migrated once for each set
 * of migrations. `await using test = await testDatabase(catalogSchema)`, then `test.db`.
 */
export async function testDatabase(
  schemas: Schema | readonly Schema[],
  options: Partial<Pick<DatabaseOptions, "poolSize" | "replan" | "log" | "onStatement">> = {},
): Promise<TestDatabase> {
  const list: readonly Schema[] = "name" in schemas ? [schemas] : schemas;
  const server = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asSuperuser(server, async (client) => {
    const template = await ensureTemplate(client, server, list);
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  });
  const url = withDatabase(server, name);
  const opened: Db[] = [];
  const open: TestDatabase["open"] = (schema, more = {}) => {
    const db = openDatabase({ url, schema, ...options, ...more });
    opened.push(db);
    return db;
  };
  const first = list[0];
  if (first === undefined) throw new TypeError("no schema given");
  return {
    db: open(first.name),
    url,
    open,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((db) => db[Symbol.asyncDispose]()));
      await asSuperuser(server, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      });
    },
  };
}

/** An empty database of the run's Postgres: `url` as superuser; dropped when disposed of. */
export async function emptyDatabase(): Promise<{
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const server = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await asSuperuser(server, (client) => client.query(`create database ${name} strategy file_copy`));
  return {
    url: withDatabase(server, name),
    async [Symbol.asyncDispose]() {
      await asSuperuser(server, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** Runs the work on a plain connection as the URL's user. */
export async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The template for the schemas, named by their text; made by whichever test file comes first. */
async function ensureTemplate(
  client: pg.Client,
  server: string,
  schemas: readonly Schema[],
): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(schemas)).digest("hex");
  const template = `template_${hash.slice(0, 24)}`;
  const exists = async () => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [template]);
    return rowCount === 1;
  };
  if (await exists()) return template;
  await client.query("select pg_advisory_lock(hashtext($1))", [template]);
  try {
    if (!(await exists())) {
      const unfinished = `${template}_unfinished`;
      await client.query(`drop database if exists ${unfinished} with (force)`);
      await client.query(`create database ${unfinished} strategy file_copy`);
      await migrate({ url: withDatabase(server, unfinished), schemas });
      await client.query(`alter database ${unfinished} rename to ${template}`);
    }
  } finally {
    await client.query("select pg_advisory_unlock(hashtext($1))", [template]);
  }
  return template;
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
