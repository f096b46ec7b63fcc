import { cp, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { checkBreaking } from "./contract-checks.ts";
import { type FixtureTree, fixtureTree } from "./fixture-tree.ts";

const repository = join(import.meta.dirname, "..");
const path = "proto/rowlock/sample/v1/sample.proto";
const sample = (type: string, folder = "sample") =>
  `syntax = "proto3";\npackage rowlock.${folder}.v1;\nmessage Thing {\n  ${type} name = 1;\n}\n`;

async function contractTree(): Promise<FixtureTree> {
  const tree = await fixtureTree({ ".git/info/exclude": "node_modules\n" });
  for (const name of ["buf.yaml", "third_party"]) {
    await cp(join(repository, name), join(tree.root, name), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(tree.root, "node_modules"));
  return tree;
}

const run = ({ root, env }: FixtureTree) =>
  checkBreaking({
    root,
    env: { ...env, PATH: [join(repository, "node_modules/.bin"), env.PATH].join(delimiter) },
  });

test("a repository without a commit has nothing to break", async () => {
  await using tree = await contractTree();
  await tree.write({ [path]: sample("string") });
  expect(await run(tree)).toEqual({ ok: true, output: "no commit to compare with" });
});

test("a break is refused before and after its commit, until the next one", async () => {
  await using tree = await contractTree();
  await tree.write({ [path]: sample("string") });
  await tree.commit("first contract");
  expect(await run(tree)).toEqual({ ok: true, output: "no earlier contracts" });

  await tree.write({ [path]: sample("int32") });
  expect(await run(tree)).toMatchObject({ ok: false, output: expect.stringContaining("changed type") });

  await tree.commit("break it");
  expect(await run(tree)).toMatchObject({ ok: false, output: expect.stringContaining("changed type") });

  await tree.write({ "README.md": "" });
  await tree.commit("something else in between");
  expect(await run(tree)).toMatchObject({ ok: false });

  await tree.write({ [path]: `${sample("int32")}\n` });
  await tree.commit("a change that breaks nothing");
  expect(await run(tree)).toMatchObject({
    ok: true,
    output: expect.stringMatching(/^against [0-9a-f]{12}$/),
  });
});

test("a break that its commit message owns up to is accepted", async () => {
  await using tree = await contractTree();
  await tree.write({ [path]: sample("string") });
  await tree.commit("first contract");
  await tree.write({ [path]: sample("int32") });
  await tree.commit("number the things\n\nContract-Break: no client is out yet");
  expect(await run(tree)).toEqual({ ok: true, output: "a break that was meant: no client is out yet" });
});

test("the contracts that only tests use may change", async () => {
  await using tree = await contractTree();
  const echo = "proto/rowlock/testing/v1/echo.proto";
  await tree.write({ [path]: sample("string"), [echo]: sample("string", "testing") });
  await tree.commit("first contracts");
  await tree.write({ [echo]: sample("int32", "testing") });
  expect(await run(tree)).toMatchObject({ ok: true, output: expect.stringMatching(/^against/) });
});
