import type { Money } from "../gen/rowlock/type/v1/money_pb.js";
import { invalidArgument } from "../lib/errors/reasons.ts";
import { MoneyError, parseDecimal, toDecimal } from "../lib/money/money.ts";

/** An amount as a JSON number in major units: 19.99 for 1999 cents. Exact to 15 digits. */
export function toAmount(money: Pick<Money, "currencyCode" | "amount"> | undefined): number {
  return money === undefined ? 0 : Number(toDecimal(money));
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
