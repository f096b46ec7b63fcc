import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type TaxCalculation,
  TaxCalculationSchema,
  type TaxRate,
  TaxRateSchema,
} from "../../gen/rowlock/tax/v1/tax_pb.js";
import type { TaxSchema } from "../../gen/rowlock/type/v1/price_pb.js";
import { sum } from "../../lib/money/arithmetic.ts";
import type { Calculation } from "./calculation.ts";
import type { RateContent } from "./rate.ts";
import type { RateRow } from "./store.ts";
import type { TaxAmount } from "./taxes.ts";

export function toTaxRate(row: RateRow): TaxRate {
  return create(TaxRateSchema, {
    id: row.id,
    ...toContent(row),
    etag: etagOf(row.revision),
    createTime: timestampFromDate(row.create_time),
    updateTime: timestampFromDate(row.update_time),
  });
}

/** What staff said of a rate. */
export function toContent(row: RateRow): RateContent {
  return {
    name: row.name,
    countryCode: row.country_code,
    region: row.region,
    taxCategory: row.tax_category,
    rateMillionths: row.rate_millionths,
    included: row.included,
  };
}

/** The etag of a rate's revision; opaque to callers. */
export function etagOf(revision: bigint): string {
  return revision.toString(36);
}

/** A calculation; its sums are unset when there is nothing with a price, and so no currency. */
export function toCalculation(currencyCode: string, { lines, shipping }: Calculation): TaxCalculation {
  const all = [...lines.flatMap(({ taxes }) => taxes), ...shipping];
  const total = (included: boolean) =>
    currencyCode === ""
      ? undefined
      : {
          currencyCode,
          amount: sum(all.filter(({ rate }) => rate.included === included).map(({ amount }) => amount)),
        };
  const toTax = ({ rate, amount }: TaxAmount): MessageInitShape<typeof TaxSchema> => ({
    name: rate.name,
    rateMillionths: rate.rateMillionths,
    included: rate.included,
    amount: { currencyCode, amount },
  });
  return create(TaxCalculationSchema, {
    lines: lines.map(({ sku, taxes }) => ({ sku, taxes: taxes.map(toTax) })),
    shippingTaxes: shipping.map(toTax),
    includedTotal: total(true),
    addedTotal: total(false),
  });
}
