/**
 * Prints the last line of a CI run, `N passed, N failed`, from vitest's JSON report.
 *
 *     node scripts/closing-line.ts REPORT.json [STEPS_THAT_FAILED]
 */
import { readFile } from "node:fs/promises";

/** The part of vitest's JSON report that is read here. */
export interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** One for each test file; a file that could not be loaded has failed without a test. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/**
 * Counts tests. What failed and is no test counts as one failure each (a file that cannot be loaded, another step
 * of the run), so that a red run never says `0 failed`; without a report the test run itself has failed.
 */
export function closingLine({
  report,
  otherFailures,
}: {
  report: Report | undefined;
  otherFailures: number;
}): string {
  if (report === undefined) return `0 passed, ${otherFailures + 1} failed`;
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + unloaded + otherFailures;
  return `${report.numPassedTests} passed, ${report.success ? failed : Math.max(failed, 1)} failed`;
}

async function readReport(path: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Report;
  } catch (err) {
    console.error(`${path}: ${(err as Error).message}`);
    return undefined;
  }
}

if (import.meta.main) {
  const [path = "", otherFailures = "0"] = process.argv.slice(2);
  console.log(closingLine({ report: await readReport(path), otherFailures: Number(otherFailures) }));
}
