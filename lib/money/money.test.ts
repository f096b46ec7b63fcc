import { expect, test } from "vitest";
import { CURRENCY_DIGITS } from "./currencies.ts";
import {
  formatMoney,
  MAX_AMOUNT,
  MoneyError,
  type MoneyProblem,
  minorDigits,
  money,
  parseDecimal,
  toDecimal,
} from "./money.ts";

function problemOf(act: () => unknown): MoneyProblem | undefined {
  try {
    act();
  } catch (err) {
    if (err instanceof MoneyError) return err.problem;
    throw err;
  }
  return undefined;
}

test.each([
  ["USD", 2],
  ["JPY", 0],
  ["KWD", 3],
  ["CLF", 4],
  ["HUF", 2], // Intl says 0
  ["IQD", 3], // Intl says 0
  ["ISK", 0],
])("%s has %i digits", (code, digits) => {
  expect(minorDigits(code)).toBe(digits);
});

test("every code stands once, and differs from Intl only where CLDR rounds cash", () => {
  expect(CURRENCY_DIGITS.size).toBe(17 + 141 + 7 + 2);
  const differing = [...CURRENCY_DIGITS]
    .filter(([currency, digits]) => {
      const { maximumFractionDigits } = new Intl.NumberFormat("en", {
        style: "currency",
        currency,
      }).resolvedOptions();
      return maximumFractionDigits !== digits;
    })
    .map(([currency]) => currency);
  const roundedByCldr = "AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SOS SYP YER".split(" ");
  expect(roundedByCldr).toEqual(expect.arrayContaining(differing));
});

test.each(["usd", "", "XXX", "US", "DOLLAR"])("%j is no currency", (code) => {
  expect(problemOf(() => money(code, 1n))).toBe("UNKNOWN_CURRENCY");
});

test.each([
  ["9.99", "USD", 999n],
  ["9.9", "USD", 990n],
  ["9", "USD", 900n],
  ["-0.01", "USD", -1n],
  ["-0", "USD", 0n],
  ["0009.99", "USD", 999n],
  ["1999", "JPY", 1999n],
  ["1.234", "KWD", 1234n],
  ["9999999999999.99", "USD", MAX_AMOUNT],
  ["0.29", "USD", 29n], // 0.29 * 100 is 28.999… in doubles
])("%s %s is %s minor units, and back", (decimal, code, amount) => {
  expect(parseDecimal(decimal, code)).toBe(amount);
  expect(parseDecimal(toDecimal(money(code, amount)), code)).toBe(amount);
});

test.each<[string, string, MoneyProblem]>([
  ["9.999", "USD", "TOO_MANY_DIGITS"], // would need rounding
  ["9.990", "USD", "TOO_MANY_DIGITS"],
  ["1.0", "JPY", "TOO_MANY_DIGITS"],
  ["10000000000000.00", "USD", "OUT_OF_RANGE"], // 16 digits
  ["9".repeat(100_000), "USD", "OUT_OF_RANGE"],
  ["", "USD", "NOT_A_NUMBER"],
  [".5", "USD", "NOT_A_NUMBER"],
  ["5.", "USD", "NOT_A_NUMBER"],
  ["1e3", "USD", "NOT_A_NUMBER"],
  ["1,000", "USD", "NOT_A_NUMBER"],
  [" 1", "USD", "NOT_A_NUMBER"],
  ["+1", "USD", "NOT_A_NUMBER"],
  ["NaN", "USD", "NOT_A_NUMBER"],
  ["١", "USD", "NOT_A_NUMBER"], // a digit elsewhere
  ["1", "ABC", "UNKNOWN_CURRENCY"],
])("row %#: refused", (decimal, code, problem) => {
  expect(problemOf(() => parseDecimal(decimal, code))).toBe(problem);
});

test.each([
  ["USD", 1999n, "en-US", "$19.99"],
  ["USD", -5n, "en-US", "-$0.05"],
  ["JPY", 1999n, "en-US", "¥1,999"],
  ["KWD", 1234n, "en-US", "KWD 1.234"],
  ["HUF", 199900n, "en-US", "HUF 1,999.00"],
  ["EUR", 123456n, "de-DE", "1.234,56 €"],
  ["USD", MAX_AMOUNT, "en-US", "$9,999,999,999,999.99"],
])("%s %s in %s is %s", (code, amount, locale, want) => {
  expect(formatMoney(money(code, amount), locale).replaceAll(/\s/g, " ")).toBe(want);
});

test("an amount stays in range", () => {
  expect(money("USD", -MAX_AMOUNT).amount).toBe(-MAX_AMOUNT);
  expect(problemOf(() => money("USD", -MAX_AMOUNT - 1n))).toBe("OUT_OF_RANGE");
  expect(problemOf(() => money("USD", MAX_AMOUNT + 1n))).toBe("OUT_OF_RANGE");
});
