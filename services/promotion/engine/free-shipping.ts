import type { Promotion_FreeShipping } from "../../../gen/rowlock/promotion/v1/promotion_pb.js";
import { least } from "../../../lib/money/arithmetic.ts";
import { amountIn } from "./amount-in.ts";

/** What is taken off a shipping price: all of it, or as much as the promotion goes to. */
export function freeShipping({ maximum }: Promotion_FreeShipping, price: bigint, currency: string): bigint {
  return least(amountIn(maximum, currency) ?? price, price);
}
