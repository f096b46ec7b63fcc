import { expect, test } from "vitest";
import { reasonOf } from "../lib/errors/reasons.ts";
import { fromAmount, toAmount } from "./amount.ts";

test.each([
  ["USD", 1999n, 19.99],
  ["USD", 5n, 0.05],
  ["USD", 0n, 0],
  ["JPY", 1999n, 1999],
  ["KWD", 1n, 0.001],
  ["USD", 999_999_999_999_999n, 9_999_999_999_999.99],
])("%s: %i minor units are %d, and back", (currencyCode, amount, number) => {
  expect(toAmount({ currencyCode, amount })).toBe(number);
  expect(fromAmount(number, { currencyCode, field: "price" })).toBe(amount);
});

test("no amount is 0", () => expect(toAmount(undefined)).toBe(0));

test.each([
  ["USD", 0.001, "a part of a cent"],
  ["JPY", 0.5, "a part of a yen"],
  ["USD", 1e21, "more than 15 digits"],
  ["USD", 1e-7, "a number that is written with an exponent"],
  ["USD", Number.NaN, "no number"],
  ["USD", Number.POSITIVE_INFINITY, "infinity"],
])("%s: %d is refused (%s)", (currencyCode, amount, _what) => {
  let caught: unknown;
  try {
    fromAmount(amount, { currencyCode, field: "price" });
  } catch (err) {
    caught = err;
  }
  expect(reasonOf(caught)).toBe("INVALID_ARGUMENT");
});
