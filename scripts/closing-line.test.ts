import { join } from "node:path";
import { expect, test } from "vitest";
import { closingLine, type Report } from "./closing-line.ts";
import { fixtureTree } from "./fixture-tree.ts";
import { runCommand } from "./run-command.ts";

const green: Report = {
  success: true,
  numPassedTests: 12,
  numFailedTests: 0,
  testResults: [{ status: "passed", assertionResults: [{}] }],
};
const red: Report = { ...green, success: false, numFailedTests: 2 };
const unloaded: Report = {
  ...green,
  success: false,
  testResults: [...green.testResults, { status: "failed", assertionResults: [] }],
};
const failedFile: Report = { ...red, testResults: [{ status: "failed", assertionResults: [{}] }] };

test.each<[why: string, report: Report | undefined, otherFailures: number, want: string]>([
  ["all passed", green, 0, "12 passed, 0 failed"],
  ["two failed", red, 0, "12 passed, 2 failed"],
  ["a failed file is counted by its tests", failedFile, 0, "12 passed, 2 failed"],
  ["a file that cannot be loaded", unloaded, 0, "12 passed, 1 failed"],
  ["red for a reason that no count shows", { ...green, success: false }, 0, "12 passed, 1 failed"],
  ["another step failed", green, 1, "12 passed, 1 failed"],
  ["a test and another step failed", red, 1, "12 passed, 3 failed"],
  ["the tests never ran", undefined, 0, "0 passed, 1 failed"],
  ["the tests never ran after another failure", undefined, 1, "0 passed, 2 failed"],
])("%s", (_why, report, otherFailures, want) => {
  expect(closingLine({ report, otherFailures })).toBe(want);
});

test("reads what vitest writes", async () => {
  const repository = join(import.meta.dirname, "..");
  await using tree = await fixtureTree({
    "a.test.js": "test('good', () => {}); test('bad', () => { throw new Error('x'); });",
    "unloaded.test.js": "throw new Error('y');",
  });
  const run = (...args: string[]) =>
    runCommand({ command: process.execPath, args, cwd: tree.root, env: tree.env });

  const vitest = join(repository, "node_modules/vitest/vitest.mjs");
  expect(await run(vitest, "run", "--globals", "--reporter=json", "--outputFile=r.json")).toMatchObject({
    ok: false,
  });
  const { output } = await run(join(repository, "scripts/closing-line.ts"), "r.json", "1");
  expect(output).toBe("1 passed, 3 failed\n");
});
