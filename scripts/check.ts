/**
 * `npm run check`: everything that can be said of the code without running it. Changes nothing in the work tree.
 *
 *     node scripts/check.ts               all checks
 *     node scripts/check.ts types lint    only these
 */
import { join } from "node:path";
import { runChecks } from "./check-runner.ts";
import { checksOf } from "./checks.ts";

const checks = checksOf({ root: join(import.meta.dirname, ".."), env: process.env });
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !checks.some((check) => check.name === name));

if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(", ")}. There are: ${checks.map((c) => c.name).join(", ")}.`);
  process.exitCode = 2;
} else {
  const ok = await runChecks({
    checks: checks.filter((check) => wanted.length === 0 || wanted.includes(check.name)),
    concurrency: 2,
    print: (line) => console.log(line),
  });
  process.exitCode = ok ? 0 : 1;
}
