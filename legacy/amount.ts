import type { Money } from "../gen/rowlock/type/v1/money_pb.js";
import { invalidArgument } from "../lib/errors/reasons.ts";
import { MoneyError, parseDecimal, toDecimal } from "../lib/money/money.ts";

/** An amount as a JSON number in major units: 19.99 for 1999 cents. Exact to 15 digits. */
export function toAmount(money: Pick<Money, "currencyCode" | "amount"> | undefined): number {
  return money === undefined ? 0 : Number(toDecimal(money));
}

/** What is left of an amount after another in the same currency is taken off; undefined counts as nothing. */
export function less(
  money: Pick<Money, "currencyCode" | "amount"> | undefined,
  off: Pick<Money, "amount"> | undefined,
): Pick<Money, "currencyCode" | "amount"> | undefined {
  return money && { currencyCode: money.currencyCode, amount: money.amount - (off?.amount ?? 0n) };
}

/**
 * Minor units of an amount in major units.
 * Errors: INVALID_ARGUMENT, naming `field`, for an amount that the currency has no coins for.
 */
export function fromAmount(
  amount: number,
  { currencyCode, field }: { currencyCode: string; field: string },
): bigint {
  try {
    return parseDecimal(String(amount), currencyCode);
  } catch (err) {
    if (err instanceof MoneyError) throw invalidArgument([{ field, description: err.message }]);
    throw err;
  }
}
