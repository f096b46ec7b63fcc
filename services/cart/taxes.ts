import { create } from "@bufbuild/protobuf";
import type { CallOptions, Client } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import {
  type TaxCalculation,
  TaxCalculationSchema,
  type TaxService,
} from "../../gen/rowlock/tax/v1/tax_pb.js";
import { MAX_AMOUNT, money } from "../../lib/money/money.ts";
import { answered } from "./answered.ts";
import { countingLines } from "./pricing.ts";
import { fail } from "./reasons.ts";

/** Tax, narrowed to what pricing a cart needs. */
export type Taxes = Pick<Client<typeof TaxService>, "calculateTax">;

/**
 * The taxes on the goods of a cart at what they cost after discounts: one call; none without goods. Undefined while
 * it is not known where they go.
 */
export async function findTaxes(
  { taxes }: { readonly taxes: Taxes },
  cart: Cart,
  options: CallOptions,
): Promise<TaxCalculation | undefined> {
  const { shippingAddress: address } = cart;
  if (address === undefined) {
    return undefined;
  }
  const lines = countingLines(cart).map(({ sku, taxCategory, discountedTotal: total }) => ({
    sku,
    taxCategory,
    total,
  }));
  return lines.length === 0
    ? create(TaxCalculationSchema)
    : answered("Tax", taxes.calculateTax({ address, lines }, options));
}

/**
 * The cart with its taxes, as far as they are known, and its total.
 * @throws CART_TOTAL_TOO_LARGE
 */
export function withTaxes(cart: Cart, calculation: TaxCalculation | undefined): Cart {
  const { currencyCode } = cart;
  const taxesOf = new Map(calculation?.lines.map(({ sku, taxes }) => [sku, taxes]));
  const included = calculation?.includedTotal?.amount ?? 0n;
  const added = calculation?.addedTotal?.amount ?? 0n;
  const total = (cart.itemTotal?.amount ?? 0n) - (cart.itemDiscount?.amount ?? 0n) + added;
  if (total > MAX_AMOUNT) {
    throw fail("CART_TOTAL_TOO_LARGE", { cart_id: cart.id });
  }
  return {
    ...cart,
    lines: cart.lines.map((line) => ({ ...line, taxes: taxesOf.get(line.sku) ?? [] })),
    ...(calculation && { taxTotal: money(currencyCode, included + added) }),
    total: money(currencyCode, total),
  };
}
