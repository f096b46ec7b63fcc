import type { EvaluateRequest } from "../../gen/rowlock/promotion/v1/promotion_pb.js";
import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { CURRENCY_DIGITS } from "../../lib/money/currencies.ts";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import { type Cart, fullPrice, type Line } from "./engine/cart.ts";
import { fail } from "./reasons.ts";

/**
 * The cart of a request.
 *
 * @throws CURRENCY_MIXED; INVALID_ARGUMENT when a SKU stands there twice, a price is negative or in no currency, or
 *   the lines come to more than an amount can say
 */
export function readCart({ lines, shippingPrice }: Pick<EvaluateRequest, "lines" | "shippingPrice">): Cart {
  let currency = "";
  const read = (field: string, price: Money | undefined): bigint => {
    if (price === undefined) throw invalidArgument([{ field, description: "value is required" }]);
    if (price.amount < 0n) {
      throw invalidArgument([{ field: `${field}.amount`, description: "must not be negative" }]);
    }
    if (!CURRENCY_DIGITS.has(price.currencyCode)) {
      const description = `${JSON.stringify(price.currencyCode)} is not an ISO 4217 currency code`;
      throw invalidArgument([{ field: `${field}.currency_code`, description }]);
    }
    currency ||= price.currencyCode;
    if (price.currencyCode !== currency) {
      throw fail("CURRENCY_MIXED", { field, currency_code: price.currencyCode, expected: currency });
    }
    return price.amount;
  };
  const bySku = new Map<string, Line>();
  let total = 0n;
  for (const [i, { sku, productId, categoryIds, quantity, unitPrice }] of lines.entries()) {
    const field = `lines[${i}]`;
    if (bySku.has(sku)) throw invalidArgument([{ field: `${field}.sku`, description: "stands there twice" }]);
    const line = { sku, productId, categoryIds, quantity, unitPrice: read(`${field}.unit_price`, unitPrice) };
    bySku.set(sku, line);
    total += fullPrice(line);
    if (total > MAX_AMOUNT) {
      throw invalidArgument([{ field, description: "brings the total to more than 15 digits" }]);
    }
  }
  const shipping = shippingPrice && read("shipping_price", shippingPrice);
  return { currency, lines: [...bySku.values()], shippingPrice: shipping };
}
