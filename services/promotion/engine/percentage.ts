import type { Promotion_Percentage } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { allocate } from "../../../lib/money/allocate.ts";
import { shareOf, sum } from "../../../lib/money/arithmetic.ts";
import { amountIn } from "./amount-in.ts";
import type { OpenLine } from "./cart.ts";

/** A share off each line, rounded by line; when that is more than the cap, the cap is split among the lines. */
export function percentageOff(
  { basisPoints, maximum }: Promotion_Percentage,
  lines: readonly OpenLine[],
  currency: string,
): bigint[] {
  const shares = lines.map(({ left }) => shareOf(left, BigInt(basisPoints), 10_000n));
  const cap = amountIn(maximum, currency);
  if (cap === undefined || sum(shares) <= cap) return shares;
  return allocate(
    cap,
    lines.map(({ left }) => left),
  );
}
