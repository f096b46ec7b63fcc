import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureTree } from "./fixture-tree.ts";
import { diffTrees } from "./tree-diff.ts";

test.each<[why: string, actual: Record<string, string>, want: string[]]>([
  ["the same", { "actual/a/b.js": "1", "actual/c.js": "2" }, []],
  ["other contents", { "actual/a/b.js": "1", "actual/c.js": "3" }, ["c.js differs"]],
  ["one missing", { "actual/c.js": "2" }, ["a/b.js is missing"]],
  [
    "one too many",
    { "actual/a/b.js": "1", "actual/a/d.js": "", "actual/c.js": "2" },
    ["a/d.js should not be there"],
  ],
  ["no folder at all", {}, ["a/b.js is missing", "c.js is missing"]],
])("%s", async (_why, actual, want) => {
  await using tree = await fixtureTree({ "expected/a/b.js": "1", "expected/c.js": "2", ...actual });
  const folder = (name: string) => join(tree.root, name);
  expect(await diffTrees({ expected: folder("expected"), actual: folder("actual") })).toEqual(want);
});
