import { glob, mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres, THROWAWAY_FLAGS } from "../db/embedded.ts";
import { processIdentity } from "../db/postgres-process.ts";
import { createLog } from "../telemetry/log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Superuser URL of the Postgres that the test run shares. */
    postgresUrl: string;
  }
}

const memory = "/dev/shm";
/** Bytes that must be free for a run to keep its databases in memory; it takes some 1.5 GB. */
const enough = 4 * 2 ** 30;

/** One embedded Postgres for the whole run, on a folder that goes away with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(await folder(), "rowlock-test-"));
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

/** Memory, where there is enough: databases are made and dropped there for a tenth of the processor time. */
async function folder(): Promise<string> {
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  if (bavail * bsize < enough || freemem() < enough) return tmpdir();
  await removeLeftovers();
  return memory;
}

/** Gives back the memory of runs that were killed. */
async function removeLeftovers(): Promise<void> {
  for await (const file of glob(join(memory, "rowlock-test-*/owner"))) {
    const owner = await readFile(file, "utf8").catch(() => "");
    if (owner === "" || (await processIdentity(Number.parseInt(owner, 10))) === owner) continue;
    await rm(dirname(file), { recursive: true, force: true });
  }
}
