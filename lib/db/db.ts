import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import knexFactory, { type Knex } from "knex";
import type pg from "pg";
import type { Log } from "../telemetry/log.ts";
import { DatabaseUnavailable, isTransactionConflict, toDatabaseError } from "./errors.ts";
import { knexOn } from "./knex-on.ts";
import type { Sql } from "./sql.ts";
import { typeParsers } from "./types.ts";

/** Runs statements: a `Db` (each by itself) or a `Tx`. */
export interface Queryable {
  /** The statement's rows: of a select, or of `returning`. */
  query<R extends object = Record<string, unknown>>(sql: Sql): Promise<R[]>;
  /** How many rows the statement touched. */
  execute(sql: Sql): Promise<number>;
}

/** Also runs text that a library brings with it. */
export interface Runner extends Queryable {
  /** pg's whole answer; an array of them when the text holds several statements (then without values). */
  run(statement: Pick<Sql, "text" | "values" | "name">): Promise<pg.QueryResult>;
}

/** An open transaction. Statements of one transaction may be sent without waiting for each other (`Promise.all`). */
export interface Tx extends Runner {
  /** Builder on the transaction's connection; about twice as slow as `query`. Its commit and rollback refuse. */
  readonly knex: Knex.Transaction;
  /** Calls back once the transaction is committed, not when it rolls back. For hints that may be lost (a crash may come between); must not throw. */
  afterCommit(callback: () => void): void;
}

/** Options of a transaction. */
export interface TransactionOptions {
  /** Read committed when not given. */
  isolation?: "repeatable read" | "serializable";
  readOnly?: boolean;
}

/** One service's database: a pool of connections under its role, looking at its schema. */
export interface Db extends Runner {
  /**
   * Runs the work in a transaction: committed when it resolves, rolled back when it throws. A serialization failure or
   * deadlock (40001, 40P01) runs the whole work again on a new transaction, so it must have no effects besides its
   * statements.
   * @throws {DatabaseUnavailable} when Postgres is away, or too slow
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Builder for single statements outside a transaction. */
  readonly knex: Knex;
  /** Waits for the connections in use and closes all. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Where and how to connect. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database`; the user must be a member of the schema's role (`migrate` grants it). */
  url: string;
  /** Name of the service's schema; its role is `rowlock_<schema>`. */
  schema: string;
  /** Connections at most; 10 when not given. */
  poolSize?: number;
  /**
   * Lets Postgres plan a statement anew for its values: for searches, whose best plan depends on them. Otherwise each
   * statement is planned once per connection, which spares a seventh of Postgres's processor time.
   */
  replan?: boolean;
  log?: Log;
  /** Called with the text of each statement sent, BEGIN and COMMIT included: for budgets and metrics. */
  onStatement?: (text: string) => void;
}

// A conflict needs two transactions that overlap: one of them always gets through, so a few rounds suffice even in a
// crowd, and the pauses spread the crowd out.
const MAX_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 4;
const LONGEST_PAUSE_MS = 250;

const ACQUIRE_TIMEOUT_MS = 8_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_CONNECTION_MS = 60_000;

/** The role that a schema's tables belong to and its service works under. */
export function roleOf(schema: string): string {
  return `rowlock_${schema}`;
}

/** Opens a service's database. Connects on first use. */
export function openDatabase(options: DatabaseOptions): Db {
  const knex = createPool(options);
  const { onStatement } = options;
  if (onStatement) knex.on("query", ({ sql }: { sql: string }) => onStatement(sql));
  const sessions = new Sessions(knex, onStatement);
  return {
    knex,
    query: (statement) => sessions.use(async (session) => (await session.send(statement)).rows as never[]),
    execute: (statement) => sessions.use(async (session) => (await session.send(statement)).rowCount ?? 0),
    run: (statement) => sessions.use((session) => session.send(statement)),
    transaction: (work, transactionOptions) => runTransaction(sessions, work, transactionOptions),
    [Symbol.asyncDispose]: () => knex.destroy(),
  };
}

type Connection = pg.Client & { connection: { stream: Socket }; __knex__disposed?: unknown };

/** A pooled connection while it is lent out. Statements go to pg directly: knex's own path costs twice the time. */
class Session {
  readonly connection: Connection;
  readonly #onStatement: ((text: string) => void) | undefined;

  constructor(connection: Connection, onStatement: ((text: string) => void) | undefined) {
    this.connection = connection;
    this.#onStatement = onStatement;
  }

  send(statement: Sql | { text: string }): Promise<pg.QueryResult> {
    this.#onStatement?.(statement.text);
    return new Promise((resolve, reject) => {
      this.connection.query(statement as pg.QueryConfig, (err: Error | null, result: pg.QueryResult) => {
        if (err) reject(withStatement(toDatabaseError(err), statement.text));
        else resolve(result);
      });
    });
  }

  /** Sends what the work sends before it waits in one write: each costs a system call and wakes Postgres up. */
  inOnePacket<T>(work: () => T): T {
    const { stream } = this.connection.connection;
    stream.cork();
    try {
      return work();
    } finally {
      stream.uncork();
    }
  }

  /** Keeps the pool from lending the connection out again. */
  discard(cause: unknown): void {
    this.connection.__knex__disposed ??= cause;
  }
}

class Sessions {
  readonly knex: Knex;
  readonly onStatement: ((text: string) => void) | undefined;

  constructor(knex: Knex, onStatement: ((text: string) => void) | undefined) {
    this.knex = knex;
    this.onStatement = onStatement;
  }

  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = this.knex.client as Knex.Client;
    let connection: Connection;
    try {
      connection = (await client.acquireConnection()) as Connection;
    } catch (cause) {
      throw new DatabaseUnavailable("no connection to Postgres", { cause });
    }
    try {
      return await work(new Session(connection, this.onStatement));
    } finally {
      void client.releaseConnection(connection);
    }
  }
}

async function runTransaction<T>(
  sessions: Sessions,
  work: (tx: Tx) => Promise<T>,
  { isolation, readOnly }: TransactionOptions = {},
): Promise<T> {
  const begin = `begin${isolation ? ` isolation level ${isolation}` : ""}${readOnly ? " read only" : ""}`;
  for (let attempt = 1; ; attempt++) {
    try {
      return await sessions.use((session) => runOnce(session, begin, work, sessions));
    } catch (err) {
      if (!isTransactionConflict(err) || attempt === MAX_ATTEMPTS) throw err;
      await delay(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
    }
  }
}

async function runOnce<T>(
  session: Session,
  begin: string,
  work: (tx: Tx) => Promise<T>,
  { knex, onStatement }: Sessions,
): Promise<T> {
  let open = true;
  let failure: unknown;
  let builder: Knex.Transaction | undefined;
  const callbacks: (() => void)[] = [];
  const send = (statement: Sql) => {
    if (!open) throw new Error(`statement after the end of its transaction: ${statement.text}`);
    return session.send(statement).catch((err: unknown) => {
      failure ??= err;
      throw err;
    });
  };
  const tx: Tx = {
    query: async (statement) => (await send(statement)).rows as never[],
    execute: async (statement) => (await send(statement)).rowCount ?? 0,
    run: send,
    afterCommit: (callback) => void callbacks.push(callback),
    get knex() {
      builder ??= knexOn({ knex, connection: session.connection, isOpen: () => open, onStatement });
      return builder;
    },
  };
  // Not awaited: the first statement travels behind it, in the same packet when the work has it at hand.
  const start = () => {
    const begun = session.send({ text: begin });
    begun.catch((err: unknown) => {
      failure ??= err;
    });
    return [begun, work(tx)] as const;
  };
  let result: T;
  try {
    const [begun, working] = session.inOnePacket(start);
    result = await working;
    await begun;
  } catch (err) {
    open = false;
    await rollback(session);
    throw err;
  }
  open = false;
  await commit(session, () => failure);
  for (const callback of callbacks) callback();
  return result;
}

async function commit(session: Session, failure: () => unknown): Promise<void> {
  let command: string;
  try {
    ({ command } = await session.send({ text: "commit" }));
  } catch (err) {
    session.discard(err);
    if (!(err instanceof DatabaseUnavailable)) throw err;
    throw new DatabaseUnavailable("the connection broke during the commit", {
      cause: err,
      outcomeUnknown: true,
    });
  }
  // Postgres answers the commit of a failed transaction with a rollback, and no error: the work swallowed the failure.
  if (command === "ROLLBACK")
    throw failure() ?? new Error("the transaction was rolled back instead of committed");
}

async function rollback(session: Session): Promise<void> {
  try {
    await session.send({ text: "rollback" });
  } catch (err) {
    session.discard(err);
  }
}

/** Puts the statement's text on the error, for the log; never its values. */
function withStatement(err: unknown, text: string): unknown {
  if (err instanceof Error) Object.assign(err, { statement: text });
  return err;
}

function createPool({ url, schema, poolSize = 10, replan = false, log }: DatabaseOptions): Knex {
  return knexFactory({
    client: "pg",
    // Any version from 12 on: spares the query by which knex asks.
    version: "15",
    // A message holds the statement with $1, not with its values.
    compileSqlOnError: false,
    connection: {
      connectionString: url,
      types: typeParsers,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: roleOf(schema),
      // Statements of a transaction go out without waiting for the answers before.
      pipeline: true,
    } as Knex.PgConnectionConfig,
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    pool: {
      min: 0,
      max: poolSize,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      afterCreate(connection: pg.Client, done: (err: Error | null, connection: pg.Client) => void) {
        connection.query(sessionStart({ schema, replan }), (err) => {
          // The pool forgets a connection that fails here, without closing it.
          if (err) void connection.end();
          done(err, connection);
        });
      },
    },
    log: {
      warn: (message: unknown) => log?.warn({ schema, detail: String(message) }, "knex warns"),
      error: (message: unknown) => log?.error({ schema, detail: String(message) }, "knex reports"),
      deprecate: (message: unknown) => log?.debug({ schema, detail: String(message) }, "knex deprecates"),
      debug: () => undefined,
    },
  });
}

/** One statement (one round trip) at the start of each connection. */
function sessionStart({ schema, replan }: { schema: string; replan: boolean }): string {
  const settings = {
    role: roleOf(schema),
    search_path: `"${schema}"`,
    timezone: "UTC",
    statement_timeout: "10s",
    idle_in_transaction_session_timeout: "15s",
    lock_timeout: "8s",
    plan_cache_mode: replan ? "auto" : "force_generic_plan",
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', false)`);
  return `select ${calls.join(", ")}`;
}
