import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Whether to run tests that need another program: `test.skipIf(!isInstalled("python3", ["-c", "import grpc"]))`. They
 * are left out on a machine without it, but never in CI, where a missing program is a failure.
 */
export function isInstalled(program: string, args: readonly string[]): boolean {
  return Boolean(process.env["CI"]) || spawnSync(program, args).status === 0;
}

/** The buf of this repository. */
export const buf = fileURLToPath(new URL("../../node_modules/.bin/buf", import.meta.url));

/** The root of this repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where processes that tests start keep what Node compiled: read back, it is half of what loading the program takes. */
export const compileCache = join(root, "node_modules/.cache/rowlock/compile");
