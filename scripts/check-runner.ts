import { performance } from "node:perf_hooks";
import type { CommandResult } from "./run-command.ts";

/** One check: `run` answers; a throw counts as a failure and its message as the output. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<CommandResult>;
}

/**
 * Runs checks, `concurrency` at a time, and prints one line for each as it ends (`ok  name  1.2 s`), then the
 * output of those that failed, in the order given. A check that is ok may print too (a reason why it had nothing
 * to do); its first line stands behind the time. Returns whether all were ok.
 */
export async function runChecks({
  checks,
  concurrency,
  print,
}: {
  checks: readonly Check[];
  concurrency: number;
  print: (line: string) => void;
}): Promise<boolean> {
  const waiting = checks.entries();
  const results: CommandResult[] = [];
  const width = Math.max(...checks.map((check) => check.name.length));

  const lane = async () => {
    for (const [i, check] of waiting) {
      const start = performance.now();
      const result = await settle(check);
      results[i] = result;
      const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
      const note = result.ok ? result.output.trim().split("\n", 1)[0] : "";
      print(`${result.ok ? "ok  " : "FAIL"}  ${check.name.padEnd(width)} ${seconds} s  ${note}`.trimEnd());
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));

  for (const [i, check] of checks.entries()) {
    const result = results[i];
    if (result !== undefined && !result.ok) print(`\n── ${check.name}\n${result.output.trimEnd()}`);
  }
  return results.every((result) => result.ok);
}

async function settle(check: Check): Promise<CommandResult> {
  try {
    return await check.run();
  } catch (err) {
    return { ok: false, output: err instanceof Error ? (err.stack ?? err.message) : String(err) };
  }
}
