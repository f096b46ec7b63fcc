import { expect, test } from "vitest";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import { taxesOn } from "./taxes.ts";
import { ratesOf } from "./testing/rates.ts";

/** Computed by hand; a price in minor units, and the taxes on it in the order of their rates. */
test.each<[string, bigint, string, bigint[]]>([
  ["in the price", 11_900n, "VAT DE 19 in", [1_900n]],
  ["in a small price: 100 / 1.19 = 84.03", 100n, "VAT DE 19 in", [16n]],
  ["in the price, reduced: 999 / 1.07 = 933.64", 999n, "VAT DE 7 in", [65n]],
  ["in the price, the net price half up: 4 / 1.6 = 2.5", 4n, "T XX 60 in", [1n]],
  ["in the price, all that the price has again: 3 / 2 = 1.5", 3n, "T XX 100 in", [1n]],
  ["in a price of one unit, nothing is left for the tax", 1n, "VAT DE 19 in", [0n]],
  ["added", 1_000n, "State US 4 ", [40n]],
  ["added, half up: 887.5", 10_000n, "NYC US/NY 8.875", [888n]],
  ["added, just below the half: 887.41", 9_999n, "NYC US/NY 8.875", [887n]],
  ["added, less than half a unit", 12n, "State US 4", [0n]],
  ["added, half a unit", 10n, "State US 5", [1n]],
  ["several added, each by itself: 0.52 and 0.585, not 1.105", 13n, "A US 4, B US 4.5", [1n, 1n]],
  ["several in the price: 11200 / 1.12", 11_200n, "GST CA 5 in, PST CA/BC 7 in", [500n, 700n]],
  [
    "several, the unit over to the largest remainder: 11 as 4.58 and 6.42",
    100n,
    "A CA 5 in, B CA 7 in",
    [5n, 6n],
  ],
  ["several, the unit over to the first name: 1 as 0.5 and 0.5", 6n, "A CA 10 in, B CA 10 in", [1n, 0n]],
  [
    "three, two units over: 5 as 1.67 each, of a price of 15",
    15n,
    "A CA 16 in, B CA 16 in, C CA 16 in",
    [2n, 2n, 1n],
  ],
  ["in the price and added: 5 % of the net 100.00", 12_000n, "Levy XX 5, VAT XX 20 in", [500n, 2_000n]],
  ["in the price and added, of a rounded net price: 84 x 0.5", 100n, "Levy XX 50, VAT XX 19 in", [42n, 16n]],
  ["a rate of 0 in the price", 1_000n, "VAT GB 0 in", [0n]],
  ["a rate of 0 that is added", 1_000n, "State US 0", [0n]],
  ["0 beside others", 1_190n, "City DE 0, Luxury DE 0 in, VAT DE 19 in", [0n, 0n, 190n]],
  ["no rate", 1_000n, "", []],
  ["no price", 0n, "A US 4, VAT XX 19 in", [0n, 0n]],
  ["yen, which have no minor unit: 1100 / 1.1", 1_100n, "CT JP 10 in", [100n]],
  ["yen, reduced: 108 / 1.08", 108n, "CT JP 8 in", [8n]],
  ["yen, rounded: 100 / 1.1 = 90.91", 100n, "CT JP 10 in", [9n]],
  ["dinars, which have a thousandth: 1.234 at 5 %", 1_234n, "VAT OM 5", [62n]],
  ["the largest amount, in the price", MAX_AMOUNT, "VAT DE 19 in", [159_663_865_546_218n]],
  ["the largest amount, added", MAX_AMOUNT, "NYC US/NY 8.875", [88_750_000_000_000n]],
  ["the smallest rate: 0.5 of 500,000", 500_000n, "T XX 0.0001", [1n]],
  ["the smallest rate: 0.499999", 499_999n, "T XX 0.0001", [0n]],
])("%s", (_, price, rates, want) => {
  const taxes = taxesOn(price, ratesOf(rates));
  expect(taxes.map(({ amount }) => amount)).toEqual(want);
  expect(taxes.map(({ rate }) => rate)).toEqual(ratesOf(rates));
});
