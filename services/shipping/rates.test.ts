import { expect, test } from "vitest";
import { toRates } from "./rates.ts";
import { quotedRate } from "./testing/fake-carrier.ts";

test.each<[amount: string, currencyCode: string, want: bigint | undefined, why: string]>([
  ["9.90", "USD", 990n, "two decimals"],
  ["9.9", "USD", 990n, "one decimal"],
  ["9", "USD", 900n, "none"],
  ["0.00", "USD", 0n, "free"],
  ["9.9000", "USD", 990n, "zeros beyond the currency's digits say nothing"],
  ["100", "USD", 10000n, "zeros before the point do"],
  ["1200.00", "JPY", 1200n, "a currency without decimals, written with them"],
  ["1.2345", "KWD", undefined, "more digits than three"],
  ["9.901", "USD", undefined, "a fraction of a cent is not rounded"],
  ["12.50", "JPY", undefined, "a fraction of a yen is not rounded"],
  ["-1.00", "USD", undefined, "no carrier pays"],
  ["9,90", "USD", undefined, "a comma"],
  ["", "USD", undefined, "nothing"],
  ["1e3", "USD", undefined, "an exponent"],
  ["99999999999999999", "USD", undefined, "more than an amount holds"],
])("a price of %j %s is %s: %s", (amount, currencyCode, want) => {
  const { rates, unusable } = toRates([quotedRate({ amount, currencyCode })], currencyCode);
  expect(rates.map((rate) => rate.amount)).toEqual(want === undefined ? [] : [want]);
  expect(unusable).toHaveLength(want === undefined ? 1 : 0);
});

test("the cheapest come first, of equal prices the faster, the unknown time last", () => {
  const quoted = [
    quotedRate({ providerId: "dear", amount: "20.00", estimatedDays: 1 }),
    quotedRate({ providerId: "unknown", amount: "5.00", estimatedDays: 0 }),
    quotedRate({ providerId: "slow", amount: "5.00", estimatedDays: 9 }),
    quotedRate({ providerId: "fast", amount: "5.00", estimatedDays: 2 }),
    quotedRate({ providerId: "cheap", amount: "4.99", estimatedDays: 9 }),
  ];
  const { rates } = toRates(quoted, "USD");
  expect(rates.map(({ providerId }) => providerId)).toEqual(["cheap", "fast", "slow", "unknown", "dear"]);
  expect(rates.every(({ id }) => /^rate_[0-9a-z]{26}$/.test(id))).toBe(true);
  expect(new Set(rates.map(({ id }) => id)).size).toBe(5);
});

test("rates in other currencies are left out, and are not faults", () => {
  const quoted = [
    quotedRate({ currencyCode: "EUR" }),
    quotedRate({ currencyCode: "USD", providerId: "usd" }),
  ];
  const { rates, unusable } = toRates(quoted, "USD");
  expect(rates.map(({ providerId }) => providerId)).toEqual(["usd"]);
  expect(unusable).toEqual([]);
});
