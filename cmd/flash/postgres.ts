import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { startEmbeddedPostgres } from "../../lib/db/embedded.ts";
import type { Log } from "../../lib/telemetry/log.ts";

/** A Postgres that can be killed and comes back on the same data and port. */
export interface MortalPostgres {
  /** Superuser URL with its password: never to be logged. */
  readonly url: string;
  /** SIGKILL of the postmaster; it starts again after so many milliseconds. Resolves when it is up. */
  kill(downMs: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Every replica has its own pools. */
const connections = 600;

/** Starts the embedded Postgres on `dataDir`, with fsync: what it has acknowledged survives a kill. */
export async function startMortalPostgres({
  dataDir,
  port,
  log,
}: {
  dataDir: string;
  port: number;
  log: Log;
}): Promise<MortalPostgres> {
  const flags = ["-c", `max_connections=${connections}`];
  const start = () => startEmbeddedPostgres({ dataDir, log, flags, port });
  let server = await start();
  let restarting: Promise<void> = Promise.resolve();
  return {
    url: server.url,
    kill(downMs) {
      restarting = restarting.then(async () => {
        const file = await readFile(join(dataDir, "cluster", "postmaster.pid"), "utf8");
        process.kill(Number.parseInt(file, 10), "SIGKILL");
        await server[Symbol.asyncDispose]();
        await delay(downMs);
        server = await start();
      });
      return restarting;
    },
    [Symbol.asyncDispose]: async () => {
      await restarting.catch(() => undefined);
      await server[Symbol.asyncDispose]();
    },
  };
}
