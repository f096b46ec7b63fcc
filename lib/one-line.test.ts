import { expect, test } from "vitest";
import { excerpt, oneLine } from "./one-line.ts";

test.each([
  ["", ""],
  ["one line", "one line"],
  ["  of\r\n\ttwo\u0000 \u0085lines\n", "of two lines"],
])("%j in one line is %j", (text, line) => {
  expect(oneLine(text)).toBe(line);
  expect(excerpt(text)).toBe(line);
});

test("an excerpt has 300 characters at most, and shows what is missing", () => {
  expect(excerpt("x".repeat(300))).toBe("x".repeat(300));
  expect(excerpt("x".repeat(301))).toBe(`${"x".repeat(299)}…`);
});
