import { createRequire } from "node:module";
import type { Knex } from "knex";
import type pg from "pg";

type TransactionClient = Knex.Client & {
  transacting: boolean;
  query(connection: pg.Client, statement: string | { sql: string }): Promise<unknown>;
};

// The function that knex's own Transaction makes its transactor with. knex offers no other way to put a builder on a
// connection whose transaction was begun elsewhere.
const makeKnex = createRequire(import.meta.url)("knex/lib/knex-builder/make-knex.js") as (
  client: unknown,
) => Knex.Transaction;

/**
 * A knex builder on a connection with an open transaction. Nested `transaction` calls become savepoints; commit and
 * rollback refuse, they belong to whoever began the transaction. Made on demand: it costs more than a statement.
 */
export function knexOn({
  knex,
  connection,
  isOpen,
  onStatement,
}: {
  knex: Knex;
  connection: pg.Client;
  isOpen: () => boolean;
  onStatement: ((text: string) => void) | undefined;
}): Knex.Transaction {
  const parent = knex.client as TransactionClient & Record<string, unknown>;
  // Not Object.create(parent): listeners added to the child would pile up on the parent.
  const client = Object.create(Object.getPrototypeOf(parent) as object) as TransactionClient &
    Record<string, unknown>;
  for (const field of ["version", "config", "driver", "connectionSettings", "valueForUndefined", "logger"]) {
    client[field] = parent[field];
  }
  client.transacting = true;
  client.acquireConnection = async () => connection;
  client.releaseConnection = async () => undefined;
  const query = client.query.bind(client);
  client.query = async (on, statement) => {
    const text = typeof statement === "string" ? statement : statement.sql;
    if (!isOpen()) throw new Error(`statement after the end of its transaction: ${text}`);
    onStatement?.(text);
    return await query(on, statement);
  };
  const refuse = async () => {
    throw new Error("the transaction ends with the work passed to Db.transaction");
  };
  return Object.assign(makeKnex(client), {
    isTransaction: true,
    isCompleted: () => !isOpen(),
    commit: refuse,
    rollback: refuse,
  }) as unknown as Knex.Transaction;
}
