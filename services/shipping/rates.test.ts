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
  const { rates, unusable } = toRates(
    { quoted: [quotedRate({ amount, currencyCode })], flat: [] },
    currencyCode,
  );
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
  const { rates } = toRates({ quoted, flat: [] }, "USD");
  expect(rates.map(({ providerId }) => providerId)).toEqual(["cheap", "fast", "slow", "unknown", "dear"]);
  expect(rates.every(({ id }) => /^rate_[0-9a-z]{26}$/.test(id))).toBe(true);
  expect(new Set(rates.map(({ id }) => id)).size).toBe(5);
});

test("rates in other currencies are left out, and are not faults", () => {
  const quoted = [
    quotedRate({ currencyCode: "EUR" }),
    quotedRate({ currencyCode: "USD", providerId: "usd" }),
  ];
  const { rates, unusable } = toRates({ quoted, flat: [] }, "USD");
  expect(rates.map(({ providerId }) => providerId)).toEqual(["usd"]);
  expect(unusable).toEqual([]);
});

const attributesOf = (rates: { providerId: string; attributes: string[] }[]) =>
  Object.fromEntries(rates.map(({ providerId, attributes }) => [providerId, attributes]));
const offer = { flatRateId: "flat_1", title: "Post", currencyCode: "USD" };

test.each<[string, [string, string, number][], Record<string, string[]>]>([
  ["one is all", [["a", "5.00", 3]], { a: ["CHEAPEST", "FASTEST", "BEST_VALUE"] }],
  [
    "each the least of its kind",
    [
      ["cheap", "5.00", 9],
      ["value", "6.00", 2],
      ["fast", "20.00", 1],
    ],
    { cheap: ["CHEAPEST"], value: ["BEST_VALUE"], fast: ["FASTEST"] },
  ],
  [
    "of equally fast ones the cheaper",
    [
      ["a", "5.00", 2],
      ["b", "6.00", 2],
    ],
    { a: ["CHEAPEST", "FASTEST", "BEST_VALUE"], b: [] },
  ],
  ["a time that nobody says is no value", [["a", "5.00", 0]], { a: ["CHEAPEST"] }],
  ["nothing", [], {}],
])("attributes: %s", (_what, quoted, expected) => {
  const rates = quoted.map(([providerId, amount, estimatedDays]) =>
    quotedRate({ providerId, amount, estimatedDays, attributes: ["BESTVALUE", "FASTEST"] }),
  );
  expect(attributesOf(toRates({ quoted: rates, flat: [] }, "USD").rates)).toEqual(expected);
});

test("flat rates stand among the carriers', and the attributes are those of all", () => {
  const quoted = [
    quotedRate({ providerId: "ups", carrier: "UPS", amount: "12.00", estimatedDays: 1 }),
    quotedRate({ providerId: "usps", amount: "7.00", estimatedDays: 3, attributes: ["CHEAPEST"] }),
  ];
  const { rates } = toRates({ quoted, flat: [{ ...offer, estimatedDays: 5, amount: 400n }] }, "USD");
  expect(rates.map(({ carrier, service, attributes }) => [carrier, service, attributes])).toEqual([
    ["", "Post", ["CHEAPEST"]],
    ["USPS", "Priority Mail", ["BEST_VALUE"]],
    ["UPS", "Priority Mail", ["FASTEST"]],
  ]);
  expect(rates.map(({ providerId, flatRateId }) => [providerId, flatRateId])).toEqual([
    ["", "flat_1"],
    ["usps", undefined],
    ["ups", undefined],
  ]);
});
