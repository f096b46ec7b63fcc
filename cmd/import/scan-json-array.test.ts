import { expect, test } from "vitest";
import { NotAnArray, scanJsonArray } from "./scan-json-array.ts";

test.each<[string, string, [number, string][]]>([
  ["no element", "[]", []],
  ["no element, blanks", "\n[ \n ]\n", []],
  [
    "one a line",
    "[\n{},\n{}\n]",
    [
      [2, "{}"],
      [3, "{}"],
    ],
  ],
  [
    "several on one line",
    "[{},{}, {}]",
    [
      [1, "{}"],
      [1, "{}"],
      [1, "{}"],
    ],
  ],
  [
    "Windows line ends",
    "[\r\n{},\r\n{}\r\n]",
    [
      [2, "{}"],
      [3, "{}"],
    ],
  ],
  ["a byte order mark", "\ufeff[\n1]", [[2, "1"]]],
  [
    "an element of several lines",
    '[{\n"a":\n1},\n{"b":2}]',
    [
      [1, '{\n"a":\n1}'],
      [4, '{"b":2}'],
    ],
  ],
  [
    "brackets and commas in strings",
    '[{"a":"],}{["},\n2]',
    [
      [1, '{"a":"],}{["}'],
      [2, "2"],
    ],
  ],
  [
    "an escaped quote",
    '["\\"],", 2]',
    [
      [1, '"\\"],"'],
      [1, "2"],
    ],
  ],
  [
    "a backslash before the closing quote",
    '["a\\\\",\n2]',
    [
      [1, '"a\\\\"'],
      [2, "2"],
    ],
  ],
  [
    "nested arrays",
    "[[1,[2]],\n3]",
    [
      [1, "[1,[2]]"],
      [2, "3"],
    ],
  ],
  [
    "a missing element stays an element",
    "[1,,2]",
    [
      [1, "1"],
      [1, ""],
      [1, "2"],
    ],
  ],
  [
    "a comma at the end makes an empty element",
    "[1,\n]",
    [
      [1, "1"],
      [2, ""],
    ],
  ],
  [
    "a forgotten quote stays in its line",
    '[{"a":"x},\n2},{"b":1}]',
    [
      [1, '{"a":"x},\n2}'],
      [2, '{"b":1}'],
    ],
  ],
])("%s", (_name, text, want) => {
  expect(scanJsonArray(text).map(({ line, text }) => [line, text])).toEqual(want);
});

test.each<[string, string, number]>([
  ["an empty file", "", 1],
  ["an object", '\n{"products":[]}', 2],
  ["the end within an element", '[1,\n{"a":', 2],
  ["the end before the closing bracket", "[1", 1],
  ["something after the array", "[1]\n\n[2]", 3],
])("%s is refused", (_name, text, line) => {
  expect(() => scanJsonArray(text)).toThrow(NotAnArray);
  expect(() => scanJsonArray(text)).toThrow(expect.objectContaining({ line }));
});
