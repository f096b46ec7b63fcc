export type { DatabaseOptions, Db, Queryable, Runner, TransactionOptions, Tx } from "./db.ts";
export { openDatabase, roleOf } from "./db.ts";
export {
  DatabaseUnavailable,
  isCheckViolation,
  isForeignKeyViolation,
  isTransactionConflict,
  isUniqueViolation,
  SQLSTATE,
  sqlState,
  toDatabaseError,
} from "./errors.ts";
export type { ListenerOptions } from "./listener.ts";
export { Listener } from "./listener.ts";
export type { Migration, Schema } from "./migrate.ts";
export { migrate, SchemaTooNew } from "./migrate.ts";
export type { Sql } from "./sql.ts";
export { joinSql, json, sql, statement } from "./sql.ts";
