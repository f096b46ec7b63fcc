import type { Promotion_BuyXGetY } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { ascending, least, shareOf, sum } from "../../../lib/money/arithmetic.ts";
import { type OpenLine, unitsOf } from "./cart.ts";

/**
 * What is taken off the cheapest units of the lines, of equally cheap ones those of the earlier line; rounded by
 * line. A last set that is not full counts as far as it goes, so that one unit more never makes a cart cheaper:
 * of "buy 2, get 2" the third unit is the first of the cheaper ones.
 */
export function buyXGetY(
  { buy, get, basisPoints, times }: Promotion_BuyXGetY,
  lines: readonly OpenLine[],
): bigint[] {
  let cheaper = cheaperUnits(sum(lines.map(({ quantity }) => quantity)), { buy, get, times });
  const worth = lines.map(() => 0n);
  const units = lines
    .flatMap((line, index) => unitsOf(line).map((each) => ({ ...each, index })))
    .sort((a, b) => ascending(a.price, b.price));
  for (const { index, count, price } of units) {
    const taken = least(count, cheaper);
    worth[index] = (worth[index] ?? 0n) + taken * price;
    cheaper -= taken;
  }
  return worth.map((value) => shareOf(value, BigInt(basisPoints), 10_000n));
}

function cheaperUnits(
  units: bigint,
  { buy, get, times }: Pick<Promotion_BuyXGetY, "buy" | "get" | "times">,
): bigint {
  const set = buy + get;
  const rest = units % set;
  const cheaper = (units / set) * get + (rest > buy ? rest - buy : 0n);
  return times === 0n ? cheaper : least(cheaper, times * get);
}
