import { expect, test } from "vitest";
import { brokenLinks, readLinks } from "./readme-links.ts";

const files = [
  { path: "README.md", text: "# A Title, `so`\n" },
  { path: "docs/how.md", text: "## How it is\n" },
  { path: "lib/rpc/index.ts", text: "" },
];

test.each([
  ["a file", "README.md", "docs/how.md"],
  ["a folder", "README.md", "lib/rpc/"],
  ["a file above", "docs/how.md", "../README.md"],
  ["a heading of its own", "docs/how.md", "#how-it-is"],
  ["a heading elsewhere", "README.md", "docs/how.md#how-it-is"],
])("leads to %s", (_, path, target) => {
  expect(brokenLinks({ links: [{ path, line: 1, target }], files })).toEqual([]);
});

test.each([
  ["no such file", "docs/what.md"],
  ["no such folder", "lib/db"],
  ["no such heading", "docs/how.md#why"],
  ["a folder has no headings", "lib#a"],
])("leads nowhere: %s", (_, target) => {
  const links = [{ path: "README.md", line: 3, target }];
  expect(brokenLinks({ links, files })).toEqual([`README.md:3: ${target}`]);
});

test("reads relative links outside code", () => {
  const text = "[a](b.md) `[no](code)`\n\n```\n[no](block)\n```\n[c](https://example.com) [d](#e)";
  expect(readLinks([{ path: "x.md", text }])).toEqual([
    { path: "x.md", line: 1, target: "b.md" },
    { path: "x.md", line: 6, target: "#e" },
  ]);
});
