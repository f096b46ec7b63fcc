import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureTree } from "./fixture-tree.ts";
import { formatViolations, isForeign, isTestCode, readTree } from "./source-files.ts";

test("the tree is what git tracks or would track, as it stands on disk", async () => {
  await using tree = await fixtureTree({
    ".gitignore": "ignored/\n",
    "lib/b.ts": "committed",
    "lib/gone.ts": "",
    "deploy/größe.yaml": "a name that git would quote",
    "page.pdf": "%PDF",
  });
  await tree.commit("first");
  await tree.write({ "lib/b.ts": "changed", "lib/a.ts": "new", "ignored/x.ts": "" });
  await rm(join(tree.root, "lib/gone.ts"));

  expect(await readTree(tree.root)).toEqual([
    { path: ".gitignore", text: "ignored/\n" },
    { path: "deploy/größe.yaml", text: "a name that git would quote" },
    { path: "lib/a.ts", text: "new" },
    { path: "lib/b.ts", text: "changed" },
  ]);
});

test("violations are listed by path, then by line as a number", () => {
  const message = "m";
  const violations = [
    { path: "b", message },
    { path: "a", line: 10, message },
    { path: "a", line: 9, message },
  ];
  expect(formatViolations(violations)).toBe("a:9: m\na:10: m\nb: m");
});

test.each([
  ["lib/a.test.ts", true],
  ["lib/rpc/testing/echo.ts", true],
  ["testing/a.ts", true],
  ["lib/a.ts", false],
  ["lib/contest.ts", false],
  ["lib/load-testing/a.ts", false],
])("%s is test code: %s", (path, want) => {
  expect(isTestCode(path)).toBe(want);
});

test.each([
  ["gen/a.js", true],
  ["third_party/proto/a.proto", true],
  ["lib/gen/a.js", false],
])("%s is foreign: %s", (path, want) => {
  expect(isForeign(path)).toBe(want);
});
