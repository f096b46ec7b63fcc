import { createRequire } from "node:module";
import { type DestinationStream, type Level, type Logger, pino } from "pino";
import { redact } from "./redact.ts";

/** A structured logger: `log.info({ orderId }, "order placed")`; `log.child({ service })` for a part. */
export type Log = Logger;

/** Levels from talkative to mute. */
export type LogLevel = Level | "silent";
export const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/**
 * A logger that writes JSON lines to standard output, or readable lines with `pretty` (a terminal; slower).
 * Values under secret names (authorization, x-api-key, rowlock-token, rowlock-principal, idempotency-key, card data,
 * passwords …) and passwords in URLs are replaced at every depth, in child bindings and errors too. Messages are
 * printed as they are: put what comes from outside into fields.
 */
export function createLog({
  level = "info",
  pretty = false,
  destination,
}: {
  level?: LogLevel;
  pretty?: boolean;
  /** Where lines go; standard output when not given. */
  destination?: DestinationStream;
} = {}): Log {
  const lines = destination ?? pino.destination({ dest: 1, sync: true });
  const log = pino(
    {
      level,
      base: null,
      timestamp: createIsoTime(),
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      // An error has become a plain object by the time pino looks for serializers.
      serializers: { err: (err: unknown) => redact(err) },
    },
    pretty ? prettyLines(lines) : lines,
  );
  // Children inherit this method; pino has no formatter for their bindings.
  const child: (this: Log, bindings: object, options?: object) => Log = Reflect.get(log, "child");
  log.child = function redactingChild(this: Log, bindings: object, options?: object) {
    return child.call(this, redactFields(bindings), options);
  } as unknown as typeof log.child;
  return log;
}

/** As pino's own isoTime, which formats the whole date for each line: most lines come in the second of the last. */
function createIsoTime(): () => string {
  let second = Number.NaN;
  let prefix = "";
  return () => {
    const now = Date.now();
    const ms = now % 1000;
    if (now - ms !== second) {
      second = now - ms;
      prefix = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${prefix}${ms < 10 ? "00" : ms < 100 ? "0" : ""}${ms}Z"`;
  };
}

function redactFields(fields: object): Record<string, unknown> {
  return redact(fields) as Record<string, unknown>;
}

// Loaded only when asked for: it is start-up time and memory that a server does not need.
function prettyLines(lines: DestinationStream): DestinationStream {
  const { prettyFactory } = createRequire(import.meta.url)("pino-pretty") as typeof import("pino-pretty");
  const pretty = prettyFactory({ colorize: true, singleLine: true, translateTime: "SYS:HH:MM:ss" });
  return { write: (line) => lines.write(pretty(line)) };
}
