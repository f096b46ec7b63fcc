import { expect, test } from "vitest";
import { quantityOf } from "./quantity.ts";

test.each<[string, bigint | "one more"]>([
  ["", "one more"],
  ["delete", 0n],
  ["0", 0n],
  ["1", 1n],
  ["007", 7n],
  ["10000", 10_000n],
])("%j is %s", (v, want) => {
  expect(quantityOf(v)).toBe(want);
});

test.each(["-1", "1.5", "10001", "1e3", "DELETE", " 1", "1234567890"])("%j is refused", (v) => {
  expect(() => quantityOf(v)).toThrow("v: must be a number from 0 to 10000");
});
