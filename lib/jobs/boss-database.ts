import type { Db as BossDatabase } from "pg-boss";
import type { Runner } from "../db/db.ts";
import { statement } from "../db/sql.ts";

/** Lets pg-boss work through a pool or an open transaction; its texts are prepared once per connection. */
export function bossDatabase(runner: Pick<Runner, "run">): BossDatabase {
  return {
    executeSql: (text, values) => runner.run(statement(text, values)),
  };
}
