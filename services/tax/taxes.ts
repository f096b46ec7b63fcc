import { allocate } from "../../lib/money/allocate.ts";
import { shareOf, sum } from "../../lib/money/arithmetic.ts";
import type { RateContent } from "./rate.ts";

/** What a rate comes to, in minor units. */
export interface TaxAmount {
  readonly rate: RateContent;
  readonly amount: bigint;
}

const whole = 1_000_000n;

/**
 * The taxes on a price of 0 or more, in minor units, in the order of the rates, which are by name.
 *
 * The rates that the price has in it come to what is above its net price, price / (1 + their sum), rounded half up,
 * split in proportion to them; each other rate to its share of the net price, rounded half up.
 */
export function taxesOn(price: bigint, rates: readonly RateContent[]): readonly TaxAmount[] {
  const included = rates.filter((rate) => rate.included);
  const weights = included.map(millionths);
  const net = shareOf(price, whole, whole + sum(weights));
  const parts = new Map(allocate(price - net, weights).map((part, i) => [included[i], part]));
  return rates.map((rate) => ({ rate, amount: parts.get(rate) ?? shareOf(net, millionths(rate), whole) }));
}

function millionths({ rateMillionths }: RateContent): bigint {
  return BigInt(rateMillionths);
}
