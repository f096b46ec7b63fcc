import type { BetterAuthOptions } from "better-auth";
import type pg from "pg";
import { toDatabaseError } from "../../lib/db/errors.ts";
import { DatabaseUnavailable, type Db } from "../../lib/db/index.ts";

/** A pool as better-auth's query builder takes one. */
export type PostgresPool = Extract<BetterAuthOptions["database"], { connect(): unknown; options: object }>;

type Connection = pg.Client & { __knex__disposed?: unknown };

/** The service's own connections, with their role, schema and limits, for better-auth's statements. */
export function poolOf({ knex }: Db): PostgresPool {
  // knex's types leave out the connections of its client.
  const client = knex.client as {
    acquireConnection(): Promise<Connection>;
    releaseConnection(connection: Connection): Promise<void>;
  };
  return {
    options: {},
    connect: async () => {
      const connection = await client.acquireConnection().catch((cause: unknown) => {
        throw new DatabaseUnavailable("no connection to Postgres", { cause });
      });
      const lent = {
        query: (text: string, values: readonly unknown[] = []) =>
          connection.query(text, [...values]).catch((err: unknown) => {
            throw toDatabaseError(err);
          }),
        release: (destroy = false) => {
          if (destroy) connection.__knex__disposed ??= new Error("given up by the query builder");
          void client.releaseConnection(connection);
        },
      };
      // Its type has cursors, too, which are not used.
      return lent as unknown as Awaited<ReturnType<PostgresPool["connect"]>>;
    },
    // Closed by whoever opened the database.
    end: async () => undefined,
  };
}
