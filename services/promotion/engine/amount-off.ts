import type { Promotion_AmountOff } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { allocate } from "../../../lib/money/allocate.ts";
import { least, sum } from "../../../lib/money/arithmetic.ts";
import { amountIn } from "./amount-in.ts";
import type { OpenLine } from "./cart.ts";

/** An amount off each unit, or one split among the lines; as much of it as there is to pay. */
export function amountOff(
  { amounts, eachUnit }: Promotion_AmountOff,
  lines: readonly OpenLine[],
  currency: string,
): bigint[] {
  const amount = amountIn(amounts, currency) ?? 0n;
  if (eachUnit) return lines.map(({ quantity, left }) => least(amount * quantity, left));
  const left = lines.map((line) => line.left);
  return allocate(least(amount, sum(left)), left);
}
