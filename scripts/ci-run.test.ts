import { chmod, cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FixtureTree, fixtureTree } from "./fixture-tree.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

const repository = join(import.meta.dirname, "..");
const report = "node_modules/.cache/rowlock/tests.json";
const reportOf = (passed: number, failed: number) =>
  JSON.stringify({
    success: failed === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: [],
  });

/** A clone in which npm, apt-get and what it would install are small scripts that write down how they were called. */
async function clone({
  npm,
  dpkg = "exit 0",
}: {
  npm: Record<string, string>;
  dpkg?: string;
}): Promise<FixtureTree> {
  const cases = Object.entries(npm).map(([call, script]) => `"${call}") ${script} ;;`);
  const log = (name: string) => `#!/bin/bash\necho "${name} $*" >> calls\n`;
  const tree = await fixtureTree({
    "bin/npm": `${log("npm")}case "$*" in\n${cases.join("\n")}\nesac\n`,
    "bin/apt-get": log("apt-get"),
    "bin/dpkg": `#!/bin/bash\n${dpkg}\n`,
    "bin/redis-server": "",
    "bin/chromium": "",
  });
  for (const name of ["npm", "apt-get", "dpkg", "redis-server", "chromium"]) {
    await chmod(join(tree.root, "bin", name), 0o755);
  }
  for (const path of [".ci/run", "scripts/closing-line.ts"]) {
    await cp(join(repository, path), join(tree.root, path));
  }
  await mkdir(join(tree.root, "node_modules/.bin"), { recursive: true });
  await mkdir(join(tree.root, "node_modules/.cache/rowlock"), { recursive: true });
  await symlink(process.execPath, join(tree.root, "node_modules/.bin/node"));
  return tree;
}

async function ciRun(tree: FixtureTree): Promise<CommandResult & { lastLine: string | undefined }> {
  const env = { ...tree.env, PATH: `${join(tree.root, "bin")}:/usr/bin:/bin` };
  // From elsewhere: the script finds its repository by itself.
  const result = await runCommand({ command: join(tree.root, ".ci/run"), args: [], cwd: "/", env });
  return { ...result, lastLine: result.output.trimEnd().split("\n").at(-1) };
}

const calls = async (tree: FixtureTree) =>
  (await runCommand({ command: "cat", args: ["calls"], cwd: tree.root, env: tree.env })).output
    .trim()
    .split("\n");

const writes = (passed: number, failed: number, then = "") =>
  `echo '${reportOf(passed, failed)}' > ${report}; ${then}`;

test("installs, checks and tests by the commands of the README, and is ok when all are", async () => {
  await using tree = await clone({ npm: { test: writes(7, 0) } });
  expect(await ciRun(tree)).toMatchObject({ ok: true, lastLine: "7 passed, 0 failed" });
  expect(await calls(tree)).toEqual(["npm ci", "npm run check", "npm test"]);
});

test("installs Debian packages only when they are missing", async () => {
  await using tree = await clone({ npm: { test: writes(7, 0) }, dpkg: "exit 1" });
  expect(await ciRun(tree)).toMatchObject({ ok: true });
  expect((await calls(tree)).slice(0, 2)).toEqual([
    "apt-get -qq update",
    "apt-get -qq install --yes --no-install-recommends python3-grpcio",
  ]);
});

test.each<[why: string, npm: Record<string, string>, lastLine: string]>([
  ["a test fails", { test: writes(6, 1, "exit 1") }, "6 passed, 1 failed"],
  ["a check fails, the tests still run", { "run check": "exit 1", test: writes(7, 0) }, "7 passed, 1 failed"],
  ["the tests fail by more than their report says", { test: writes(7, 0, "exit 1") }, "7 passed, 1 failed"],
  ["the tests end without a report", { test: "exit 1" }, "0 passed, 1 failed"],
  ["the report is broken", { test: `echo '{' > ${report}` }, "0 passed, 1 failed"],
  ["nothing can be installed", { ci: "exit 1" }, "0 passed, 1 failed"],
])("is not ok when %s", async (_why, npm, lastLine) => {
  await using tree = await clone({ npm });
  expect(await ciRun(tree)).toMatchObject({ ok: false, lastLine });
});

test("a report of an earlier run is not believed", async () => {
  await using tree = await clone({ npm: { test: "exit 0" } });
  await tree.write({ [report]: reportOf(99, 0) });
  expect(await ciRun(tree)).toMatchObject({ ok: false, lastLine: "0 passed, 1 failed" });
});
