import type { CalculateTaxRequest } from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { Money } from "../../gen/rowlock/type/v1/money_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { CURRENCY_DIGITS } from "../../lib/money/currencies.ts";
import { MAX_AMOUNT } from "../../lib/money/money.ts";
import { type RateContent, ratesFor, shippingCategory } from "./rate.ts";
import { fail } from "./reasons.ts";
import { type TaxAmount, taxesOn } from "./taxes.ts";

/** What is to be taxed. */
export interface Sale {
  /** Empty when nothing has a price. */
  readonly currency: string;
  readonly lines: readonly { readonly sku: string; readonly taxCategory: string; readonly total: bigint }[];
  readonly shippingPrice: bigint | undefined;
}

/**
 * The sale of a request.
 *
 * @throws CURRENCY_MIXED; INVALID_ARGUMENT when an amount is missing, negative or in no currency, or all come to more
 *   than an amount can say
 */
export function readSale({
  lines,
  shippingPrice,
}: Pick<CalculateTaxRequest, "lines" | "shippingPrice">): Sale {
  let currency = "";
  let total = 0n;
  const read = (field: string, price: Money | undefined): bigint => {
    if (price === undefined) throw invalidArgument([{ field, description: "value is required" }]);
    const { amount, currencyCode } = price;
    if (amount < 0n) {
      throw invalidArgument([{ field: `${field}.amount`, description: "must not be negative" }]);
    }
    if (!CURRENCY_DIGITS.has(currencyCode)) {
      const description = `${JSON.stringify(currencyCode)} is not an ISO 4217 currency code`;
      throw invalidArgument([{ field: `${field}.currency_code`, description }]);
    }
    currency ||= currencyCode;
    if (currencyCode !== currency) {
      throw fail("CURRENCY_MIXED", { field, currency_code: currencyCode, expected: currency });
    }
    total += amount;
    if (total > MAX_AMOUNT) {
      throw invalidArgument([{ field, description: "brings the total to more than 15 digits" }]);
    }
    return amount;
  };
  const readLines = lines.map(({ sku, taxCategory, total: price }, i) => ({
    sku,
    taxCategory,
    total: read(`lines[${i}].total`, price),
  }));
  return {
    lines: readLines,
    shippingPrice: shippingPrice && read("shipping_price", shippingPrice),
    currency,
  };
}

/** The taxes on a sale, in minor units. */
export interface Calculation {
  /** One for each line, in their order. */
  readonly lines: readonly { readonly sku: string; readonly taxes: readonly TaxAmount[] }[];
  readonly shipping: readonly TaxAmount[];
}

/** The taxes on a sale at an address where these rates may count. */
export function calculate(rates: readonly RateContent[], { lines, shippingPrice }: Sale): Calculation {
  const counting = new Map<string, readonly RateContent[]>();
  const taxes = (taxCategory: string, price: bigint) => {
    const found = counting.get(taxCategory) ?? ratesFor(rates, taxCategory);
    counting.set(taxCategory, found);
    return taxesOn(price, found);
  };
  return {
    lines: lines.map(({ sku, taxCategory, total }) => ({ sku, taxes: taxes(taxCategory, total) })),
    shipping: shippingPrice === undefined ? [] : taxes(shippingCategory, shippingPrice),
  };
}
