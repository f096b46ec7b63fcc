/** SQLSTATE codes that code decides by (Postgres manual, appendix A). */
export const SQLSTATE = {
  uniqueViolation: "23505",
  checkViolation: "23514",
  foreignKeyViolation: "23503",
  serializationFailure: "40001",
  deadlockDetected: "40P01",
  queryCanceled: "57014",
  lockNotAvailable: "55P03",
  duplicateObject: "42710",
  insufficientPrivilege: "42501",
} as const;

/**
 * Postgres could not be asked, or did not answer in time; the caller may try again. The transaction was not committed,
 * except when `outcomeUnknown`: the connection broke while the commit was under way.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = "DatabaseUnavailable";
  readonly outcomeUnknown: boolean;
  constructor(
    message: string,
    { cause, outcomeUnknown = false }: { cause?: unknown; outcomeUnknown?: boolean } = {},
  ) {
    super(message, { cause });
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** Whether a statement broke a unique index or primary key: `constraint` when given, else any. */
export function isUniqueViolation(err: unknown, constraint?: string): boolean {
  return violates(err, SQLSTATE.uniqueViolation, constraint);
}

/** Whether a statement broke a check constraint: `constraint` when given, else any. */
export function isCheckViolation(err: unknown, constraint?: string): boolean {
  return violates(err, SQLSTATE.checkViolation, constraint);
}

/** Whether a statement broke a foreign key: `constraint` when given, else any. */
export function isForeignKeyViolation(err: unknown, constraint?: string): boolean {
  return violates(err, SQLSTATE.foreignKeyViolation, constraint);
}

/** Whether the whole transaction is to be run again: it lost against a concurrent one. */
export function isTransactionConflict(err: unknown): boolean {
  const code = sqlState(err);
  return code === SQLSTATE.serializationFailure || code === SQLSTATE.deadlockDetected;
}

/** The five-character SQLSTATE of an error of Postgres, else undefined. */
export function sqlState(err: unknown): string | undefined {
  if (typeof err !== "object" || err === null) return undefined;
  const { code, severity } = err as { code?: unknown; severity?: unknown };
  return typeof code === "string" && severity !== undefined ? code : undefined;
}

/**
 * `DatabaseUnavailable` in place of errors that say that Postgres is gone, overloaded or too slow; every other error
 * as it is.
 */
export function toDatabaseError(err: unknown): unknown {
  const code = sqlState(err);
  if (code !== undefined) {
    const meaning = UNAVAILABLE[code] ?? UNAVAILABLE[code.slice(0, 2)];
    return meaning === undefined ? err : new DatabaseUnavailable(meaning, { cause: err });
  }
  if (
    err instanceof Error &&
    (SOCKET_CODES.has((err as NodeJS.ErrnoException).code ?? "") || PG_CLIENT.test(err.message))
  ) {
    return new DatabaseUnavailable("the connection to Postgres broke", { cause: err });
  }
  return err;
}

function violates(err: unknown, state: string, constraint: string | undefined): boolean {
  if (sqlState(err) !== state) return false;
  return constraint === undefined || (err as { constraint?: string }).constraint === constraint;
}

// By SQLSTATE, or by its class (the first two characters).
const UNAVAILABLE: Record<string, string> = {
  "08": "the connection to Postgres failed", // connection exceptions
  "53": "Postgres is out of resources", // too many connections, disk full, out of memory
  "57P01": "Postgres is shutting down", // admin_shutdown; also a terminated backend
  "57P02": "Postgres is restarting after a crash", // crash_shutdown
  "57P03": "Postgres is starting", // cannot_connect_now
  "57P05": "Postgres closed an idle session", // idle_session_timeout
  "25P03": "Postgres closed an idle transaction", // idle_in_transaction_session_timeout
  [SQLSTATE.queryCanceled]: "a statement took too long", // statement_timeout
  [SQLSTATE.lockNotAvailable]: "a lock took too long to get", // lock_timeout
};

const SOCKET_CODES = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT", "EMFILE"],
]);

// pg gives these no code.
const PG_CLIENT =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|timeout exceeded)/;
