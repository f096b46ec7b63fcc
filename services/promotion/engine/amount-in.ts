import type { Money } from "../../../gen/rowlock/type/v1/money_pb.js";

/** The amount that the list has in a currency, in minor units; undefined when it has none. */
export function amountIn(amounts: readonly Money[], currency: string): bigint | undefined {
  return amounts.find(({ currencyCode }) => currencyCode === currency)?.amount;
}
