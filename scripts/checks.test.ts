import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checksOf } from "./checks.ts";
import { type FixtureTree, fixtureTree } from "./fixture-tree.ts";
import { runCommand } from "./run-command.ts";

const repository = join(import.meta.dirname, "..");
const configuration = [
  ".oxlintrc.json",
  "biome.json",
  "buf.gen.yaml",
  "buf.yaml",
  "package.json",
  "scripts/contract-comments.ts",
  "scripts/protoc-gen-comments.ts",
  "third_party",
  "tsconfig.json",
];

const contract = `syntax = "proto3";

// Kept small.
package rowlock.sample.v1;

// One thing.
message Thing {
  // Its name.
  string name = 1;
}
`;

/** A repository in the shape of this one, with its configuration, in which every check is ok. */
let tree: FixtureTree;

beforeAll(async () => {
  tree = await fixtureTree({
    ".git/info/exclude": "node_modules\n",
    "proto/rowlock/sample/v1/sample.proto": contract,
    "lib/clock.ts": "/** The time. */\nexport const now = (): Date => new Date();\n",
  });
  for (const path of configuration) {
    await cp(join(repository, path), join(tree.root, path), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(tree.root, "node_modules"));
  const generated = await runCommand({
    command: join(repository, "node_modules/.bin/buf"),
    args: ["generate"],
    cwd: tree.root,
    env: withTools(tree),
  });
  expect(generated).toMatchObject({ ok: true });
  await tree.commit("lay it out");
});

afterAll(() => tree[Symbol.asyncDispose]());

function withTools({ env }: FixtureTree): NodeJS.ProcessEnv {
  return { ...env, PATH: `${join(repository, "node_modules/.bin")}:${env.PATH}` };
}

function check(name: string) {
  const found = checksOf({ root: tree.root, env: tree.env }).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name}`);
  return found.run();
}

const names = checksOf({ root: repository, env: {} }).map(({ name }) => name);

test.each(names)("%s is ok, and leaves the work tree alone", async (name) => {
  expect(await check(name)).toMatchObject({ ok: true });
  expect(await tree.git("status", "--porcelain")).toBe("");
});

const unformatted = contract.replace("  string name", "    string name");
const uncommented = contract.replace("  // Its name.\n", "");
const broken = contract.replace("string name", "int32 name");
const proto = "proto/rowlock/sample/v1/sample.proto";

test.each<[name: string, files: Record<string, string>, output: string]>([
  ["generated", { [proto]: contract.replaceAll("name", "title") }, "sample_pb.js differs"],
  ["generated", { "gen/rowlock/stray_pb.js": "" }, "gen/rowlock/stray_pb.js should not be there"],
  ["types", { "lib/a.ts": 'export const a: number = "1";\n' }, "lib/a.ts(1,14): error TS2322"],
  ["lint", { "lib/a.ts": "async function f() {}\nf();\n" }, "no-floating-promises"],
  ["lint", { "lib/a.ts": "import knex from 'knex';\nknex({})('a').del();\n" }, "no-floating-promises"],
  ["breaking", { [proto]: broken }, `Field "1" with name "name" on message "Thing" changed type`],
  ["format", { "lib/a.ts": "export const a  = 1;\n" }, "lib/a.ts format"],
  [
    "format",
    { "lib/a.ts": 'import "./c.ts";\n\nexport { b } from "./b.ts";\nexport { a } from "./a.ts";\n' },
    "lib/a.ts",
  ],
  ["proto-lint", { [proto]: uncommented }, "should have a non-empty comment"],
  ["proto-format", { [proto]: unformatted }, "-    string name = 1;"],
  ["imports", { "lib/a.ts": 'import "../gateway/b.ts";\n' }, "lib/a.ts:1: lib must not import gateway/b.ts"],
  ["imports", { "lib/a.ts": 'import "left-pad";\n' }, "lib/a.ts:1: left-pad is not listed in package.json"],
  ["files", { "lib/a.ts": "//\n".repeat(401) }, "lib/a.ts: has 401 lines, more than 400"],
])("%s refuses %o", async (name, files, output) => {
  await tree.write(files);
  try {
    const result = await check(name);
    expect(result.output).toContain(output);
    expect(result.ok).toBe(false);
  } finally {
    await tree.git("reset", "--quiet", "--hard");
    await tree.git("clean", "--quiet", "--force", "-d");
  }
});
