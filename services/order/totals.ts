/** What an order comes to. Pure; amounts in minor units of the order's currency. */
import { sum } from "../../lib/money/arithmetic.ts";

/** What a promotion takes off a line or off the shipping price. */
export interface Discount {
  promotionId: string;
  title: string;
  /** Empty for an automatic promotion. */
  code: string;
  amount: number;
}

/** A tax on a line or on the shipping price. */
export interface Tax {
  name: string;
  rateMillionths: number;
  /** Whether it is in the price; otherwise it is added to it. */
  included: boolean;
  amount: number;
}

/** Something with a price: a line, or shipping. What is left out is none. */
export interface Priced {
  /** Before discounts. */
  total: number;
  discounts?: readonly Discount[];
  taxes?: readonly Tax[];
}

/** The sums of an order. */
export interface Totals {
  itemTotal: bigint;
  itemDiscount: bigint;
  shippingTotal: bigint;
  shippingDiscount: bigint;
  /** All taxes, and those of them that are in the prices. */
  taxTotal: bigint;
  includedTaxTotal: bigint;
}

/** The price after discounts. */
export function discounted({ total, discounts = [] }: Priced): bigint {
  return BigInt(total) - amountOf(discounts);
}

/** What is paid for it: the price after discounts, and the taxes that are added to it. */
export function paidFor(priced: Priced): bigint {
  return discounted(priced) + amountOf((priced.taxes ?? []).filter(({ included }) => !included));
}

/** The sums of lines and shipping. */
export function totalsOf({ lines, shipping }: { lines: readonly Priced[]; shipping: Priced }): Totals {
  const taxes = [...lines, shipping].flatMap((priced) => priced.taxes ?? []);
  return {
    itemTotal: amountOf(lines.map(({ total: amount }) => ({ amount }))),
    itemDiscount: amountOf(lines.flatMap(({ discounts = [] }) => discounts)),
    shippingTotal: BigInt(shipping.total),
    shippingDiscount: amountOf(shipping.discounts ?? []),
    taxTotal: amountOf(taxes),
    includedTaxTotal: amountOf(taxes.filter(({ included }) => included)),
  };
}

/** What is paid. */
export function totalOf(totals: Totals): bigint {
  const { itemTotal, itemDiscount, shippingTotal, shippingDiscount, taxTotal, includedTaxTotal } = totals;
  return itemTotal - itemDiscount + shippingTotal - shippingDiscount + taxTotal - includedTaxTotal;
}

function amountOf(parts: readonly { amount: number }[]): bigint {
  return sum(parts.map(({ amount }) => BigInt(amount)));
}
