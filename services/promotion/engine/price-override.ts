import type { Promotion_PriceOverride } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { least, shareOf, sum } from "../../../lib/money/arithmetic.ts";
import { amountIn } from "./amount-in.ts";
import { type OpenLine, unitsOf } from "./cart.ts";

/**
 * What a new price for each unit takes off the lines. What the multiplier takes off a unit is rounded, capped, and
 * the flat amount added to it.
 */
export function priceOverride(
  { multiplierMillionths, upto, flatOff }: Promotion_PriceOverride,
  lines: readonly OpenLine[],
  currency: string,
): bigint[] {
  const share = 1_000_000n - BigInt(multiplierMillionths);
  const cap = amountIn(upto, currency);
  const flat = amountIn(flatOff, currency) ?? 0n;
  const offUnit = (price: bigint) => {
    const multiplied = shareOf(price, share, 1_000_000n);
    return least(price, (cap === undefined ? multiplied : least(multiplied, cap)) + flat);
  };
  return lines.map((line) => sum(unitsOf(line).map(({ count, price }) => count * offUnit(price))));
}
