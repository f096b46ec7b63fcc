import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres, THROWAWAY_FLAGS } from "../db/embedded.ts";
import { createLog } from "../telemetry/log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser URL of the Postgres that the test run shares. */
    postgresUrl: string;
  }
}

/** One embedded Postgres for the whole run, on a folder that goes away with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-test-"));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: createLog({ level: "error" }),
    flags: THROWAWAY_FLAGS,
  });
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  };
}
