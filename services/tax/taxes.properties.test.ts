import fc from "fast-check";
import { expect, test } from "vitest";
import { sum } from "../../lib/money/arithmetic.ts";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import { calculate, type Sale } from "./calculation.ts";
import { toCalculation } from "./convert.ts";
import type { RateContent } from "./rate.ts";
import { taxesOn } from "./taxes.ts";

const price = fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 1_000_000n), fc.bigInt(0n, MAX_AMOUNT));
const rateMillionths = fc.oneof(
  fc.constantFrom(0, 1, 50_000, 190_000, 1_000_000),
  fc.integer({ min: 0, max: 1_000_000 }),
);
const categories = ["", "books", "shipping"];
const rates: fc.Arbitrary<RateContent[]> = fc
  .array(fc.record({ rateMillionths, included: fc.boolean(), taxCategory: fc.constantFrom(...categories) }), {
    maxLength: 5,
  })
  .map((all) => all.map((rate, i) => ({ ...rate, name: `T${i}`, countryCode: "DE", region: "" })));
const line = fc.record({
  sku: fc.constant("S"),
  taxCategory: fc.constantFrom(...categories),
  total: fc.bigInt(0n, 100_000n),
});
const sale: fc.Arbitrary<Sale> = fc.record({
  currency: fc.constant("EUR"),
  lines: fc.array(line, { maxLength: 8 }),
  shippingPrice: fc.option(fc.bigInt(0n, 5_000n), { nil: undefined }),
});
const million = 1_000_000n;
const runs = { numRuns: 2_000 };

/** The taxes on a price; those in it and those added to it. */
function split(of: bigint, by: readonly RateContent[]) {
  const taxes = taxesOn(of, by);
  const [included, added] = [true, false].map((kind) => taxes.filter(({ rate }) => rate.included === kind));
  return { included: included ?? [], added: added ?? [] };
}
const amountOf = (taxes: readonly { amount: bigint }[]) => sum(taxes.map(({ amount }) => amount));
const millionths = (taxes: readonly { rate: RateContent }[]) =>
  sum(taxes.map(({ rate }) => BigInt(rate.rateMillionths)));

test("no tax is negative, and there is one for each rate, in their order", () => {
  fc.assert(
    fc.property(price, rates, (of, by) => {
      const taxes = taxesOn(of, by);
      expect(taxes.map(({ rate }) => rate)).toEqual(by);
      expect(taxes.every(({ amount }) => amount >= 0n)).toBe(true);
    }),
    runs,
  );
});

test("what is in a price is what is left beside the rounded net price, and never more than the price", () => {
  fc.assert(
    fc.property(price, rates, (of, by) => {
      const { included } = split(of, by);
      const net = of - amountOf(included);
      const whole = million + millionths(included);
      // Half up: net - 1/2 <= of / (1 + r) < net + 1/2, in whole numbers.
      expect((2n * net - 1n) * whole).toBeLessThanOrEqual(2n * of * million);
      expect(2n * of * million).toBeLessThan((2n * net + 1n) * whole);
      expect(net).toBeGreaterThanOrEqual(0n);
    }),
    runs,
  );
});

test("each tax in a price differs from its share by less than one unit", () => {
  fc.assert(
    fc.property(price, rates, (of, by) => {
      const { included } = split(of, by);
      const [all, whole] = [amountOf(included), millionths(included)];
      for (const { rate, amount } of included) {
        const off = amount * whole - all * BigInt(rate.rateMillionths);
        expect(off < 0n ? -off : off).toBeLessThan(whole === 0n ? 1n : whole);
      }
    }),
    runs,
  );
});

test("each added tax is its share of the net price, rounded half up", () => {
  fc.assert(
    fc.property(price, rates, (of, by) => {
      const { included, added } = split(of, by);
      const net = of - amountOf(included);
      for (const { rate, amount } of added) {
        const exact = 2n * net * BigInt(rate.rateMillionths);
        expect((2n * amount - 1n) * million).toBeLessThanOrEqual(exact);
        expect(exact).toBeLessThan((2n * amount + 1n) * million);
      }
    }),
    runs,
  );
});

test("a higher price has no less tax", () => {
  fc.assert(
    fc.property(price, rates, (of, by) => {
      const [less, more] = [split(of, by), split(of + 1n, by)];
      expect(amountOf(more.included)).toBeGreaterThanOrEqual(amountOf(less.included));
      expect(amountOf(more.added)).toBeGreaterThanOrEqual(amountOf(less.added));
    }),
    runs,
  );
});

test("a sale's sums are those of its parts, and a line's taxes do not depend on the others", () => {
  fc.assert(
    fc.property(sale, rates, (of, by) => {
      const { lines, shippingTaxes, includedTotal, addedTotal } = toCalculation("EUR", calculate(by, of));
      const all = [...lines.flatMap(({ taxes }) => taxes), ...shippingTaxes];
      const total = (included: boolean) =>
        sum(all.filter((tax) => tax.included === included).map(({ amount }) => amount?.amount ?? 0n));
      expect([includedTotal?.amount, addedTotal?.amount]).toEqual([total(true), total(false)]);
      const alone = of.lines.flatMap((each) => calculate(by, { ...of, lines: [each] }).lines);
      expect(toCalculation("EUR", { lines: alone, shipping: [] }).lines).toEqual(lines);
    }),
    { numRuns: 500 },
  );
});
