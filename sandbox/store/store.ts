import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/**
 * The sandbox's state in one SQLite file. All writes of one turn of the event loop share a transaction: a
 * commit costs as much as several inserts, so under load many requests are committed at once.
 */
export interface Store {
  /** A prepared statement, made once for each text. */
  prepare(sql: string): StatementSync;
  exec(sql: string): void;
  /** Opens the shared transaction; enough for a single statement, which is one unit by itself. */
  open(): void;
  /** Runs `work` as one unit: when it throws, none of its writes remain. May be nested. */
  write<T>(work: () => T): T;
  /** Resolves when everything written so far is committed; undefined when nothing is pending. */
  committed(): Promise<void> | undefined;
  [Symbol.dispose](): void;
}

/** `dataDir` is made when it does not exist; ":memory:" keeps nothing. */
export function openStore(dataDir: string): Store {
  if (dataDir !== ":memory:") mkdirSync(dataDir, { recursive: true });
  const database = new DatabaseSync(dataDir === ":memory:" ? dataDir : join(dataDir, "sandbox.db"));
  // In WAL mode "normal" survives a killed process with every commit, a power cut with the last ones lost.
  database.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    pragma wal_autocheckpoint = 4000;
    pragma cache_size = -8000;
    pragma temp_store = memory;
    pragma busy_timeout = 5000;
  `);
  const statements = new Map<string, StatementSync>();
  let group: Group | undefined;
  let depth = 0;

  function prepare(sql: string): StatementSync {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      statements.set(sql, statement);
    }
    return statement;
  }

  function commit(closing: Group): void {
    if (group !== closing) return;
    group = undefined;
    try {
      prepare("commit").run();
      closing.resolve();
    } catch (err) {
      if (database.isTransaction) prepare("rollback").run();
      closing.reject(err);
    }
  }

  function open(): void {
    if (group) return;
    prepare("begin immediate").run();
    group = newGroup();
    setImmediate(commit, group);
  }

  return {
    prepare,
    exec: (sql) => database.exec(sql),
    open,
    write(work) {
      open();
      depth += 1;
      prepare(`savepoint s${depth}`).run();
      try {
        const result = work();
        prepare(`release s${depth}`).run();
        return result;
      } catch (err) {
        prepare(`rollback to s${depth}`).run();
        prepare(`release s${depth}`).run();
        throw err;
      } finally {
        depth -= 1;
      }
    },
    committed: () => group?.promise,
    [Symbol.dispose]() {
      if (group) commit(group);
      statements.clear();
      database.close();
    },
  };
}

interface Group {
  promise: Promise<void>;
  resolve: () => void;
  reject: (err: unknown) => void;
}

function newGroup(): Group {
  const group = Promise.withResolvers<void>();
  // A failed commit is reported to those who wait; without any it must not end the process.
  group.promise.catch(() => undefined);
  return group;
}
