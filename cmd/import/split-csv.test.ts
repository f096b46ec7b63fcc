import { expect, test } from "vitest";
import { splitCsv } from "./split-csv.ts";

test.each<[string, string, [number, string][]]>([
  ["nothing", "", []],
  [
    "lines",
    "a,b\n1,2\n3,4",
    [
      [1, "a,b"],
      [2, "1,2"],
      [3, "3,4"],
    ],
  ],
  ["a line break at the end", "a\n", [[1, "a"]]],
  [
    "Windows line ends",
    "a\r\nb\r\n",
    [
      [1, "a"],
      [2, "b"],
    ],
  ],
  [
    "a byte order mark",
    "\ufeffa\nb",
    [
      [1, "a"],
      [2, "b"],
    ],
  ],
  [
    "empty and blank lines",
    "a\n\n  \nb",
    [
      [1, "a"],
      [4, "b"],
    ],
  ],
  [
    "a line break in quotes",
    'a\n"x\ny",1\nb',
    [
      [1, "a"],
      [2, '"x\ny",1'],
      [4, "b"],
    ],
  ],
  [
    "doubled quotes in quotes",
    '"x""\n""y"\nb',
    [
      [1, '"x""\n""y"'],
      [3, "b"],
    ],
  ],
  [
    "a quote after a blank opens",
    'a, "x\ny"\nb',
    [
      [1, 'a, "x\ny"'],
      [3, "b"],
    ],
  ],
  [
    "a quote within a field is a letter",
    'a 5" nail,1\nb',
    [
      [1, 'a 5" nail,1'],
      [2, "b"],
    ],
  ],
])("%s", (_name, text, want) => {
  const records = splitCsv(text);
  expect(records.map(({ line, text }) => [line, text])).toEqual(want);
  expect(records.every(({ closed }) => closed)).toBe(true);
});

test.each([
  ["to the end of the file", 'a\n"x,1\nb\nc'],
  ["for longer than any product", `a\n"x,1\nb\nc${"y".repeat(70_000)}"`],
])("a quote that stays open %s costs its own line alone", (_name, text) => {
  const records = splitCsv(text);
  expect(records.map(({ line, closed }) => [line, closed])).toEqual([
    [1, true],
    [2, false],
    [3, true],
    [4, true],
  ]);
  expect(records[1]?.text).toBe('"x,1');
});
