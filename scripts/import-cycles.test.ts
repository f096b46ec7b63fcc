import { expect, test } from "vitest";
import { findCycles } from "./import-cycles.ts";

test.each<[name: string, edges: Record<string, string[]>, want: string[][]]>([
  ["nothing", {}, []],
  ["a chain", { a: ["b"], b: ["c"], c: [] }, []],
  ["a diamond", { a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, []],
  ["a node that points at itself", { a: ["a"] }, [["a"]]],
  ["two nodes, entered from outside", { x: ["b"], b: ["a"], a: ["b"] }, [["a", "b"]]],
  ["the shorter of two ways round", { a: ["b", "c"], b: ["c"], c: ["a"] }, [["a", "c"]]],
  [
    "two components",
    { a: ["b"], b: ["a", "c"], c: ["d"], d: ["c"] },
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["a component met again from a finished one", { a: ["b"], b: [], c: ["a", "d"], d: ["c"] }, [["c", "d"]]],
  ["edges to unknown nodes", { a: ["z"] }, []],
])("%s", (_name, edges, want) => {
  expect(findCycles(new Map(Object.entries(edges)))).toEqual(want);
});

test("a chain deeper than the call stack", () => {
  const length = 50_000;
  const edges = Array.from({ length }, (_, i): [string, string[]] => [`${i}`, [`${(i + 1) % length}`]]);
  expect(findCycles(new Map(edges.slice(0, -1)))).toEqual([]);
});
