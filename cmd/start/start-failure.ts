import { type Config, ConfigError } from "./config.ts";
import { NotThere } from "./until-there.ts";

/** What of the configuration a start commonly fails for. */
type Settings = Pick<Config, "httpPort" | "grpcPort" | "sandboxPort" | "databaseUrl">;

/**
 * What to tell a person whose start has failed: what stands in the way and which variable leads around
 * it where that is known, else the error with its stack. `config` is undefined when it could not be read.
 */
export function describeFailure(err: unknown, config: Settings | undefined): string {
  if (!(err instanceof Error)) return String(err);
  if (err instanceof ConfigError || err instanceof NotThere) return err.message;
  const taken = /EADDRINUSE.*?:(\d+)\b/.exec(err.message)?.[1];
  if (taken !== undefined) {
    return `port ${taken} is in use: stop what listens there, or set ${variableOf(Number(taken), config)}`;
  }
  if (err.message.startsWith("the data folder ")) {
    return `${err.message}: stop it, or set ROWLOCK_DATA_DIR`;
  }
  if (
    config?.databaseUrl &&
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|no connection to Postgres|system is (starting|shutting)/.test(
      err.message,
    )
  ) {
    // The URL holds a password; the error names host and port.
    return `the Postgres of DATABASE_URL does not answer: ${err.message}`;
  }
  return err.stack ?? err.message;
}

function variableOf(port: number, config: Settings | undefined): string {
  switch (port) {
    case config?.httpPort:
      return "PORT";
    case config?.grpcPort:
      return "GRPC_PORT";
    case config?.sandboxPort:
      return "ROWLOCK_SANDBOX_PORT";
    default:
      return "another port";
  }
}
