/** What the state takes of an order. */
import type { CallOptions } from "@connectrpc/connect";
import type { Tax as TaxMessage } from "../../gen/rowlock/type/v1/price_pb.js";
import { money } from "../../lib/money/money.ts";
import type { Order, OrderLine } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { discounted, type Priced, type Tax } from "./totals.ts";

type Destination = Pick<Order, "currencyCode" | "shippingAddress">;

/** The lines with their taxes, after discounts. Where no address is known, as of what is fetched, there are none. */
export async function taxLines(
  { taxes }: Pick<OrderDeps, "taxes">,
  { lines, currencyCode, shippingAddress: address }: Destination & Pick<Order, "lines">,
  call: CallOptions,
): Promise<OrderLine[]> {
  if (address === null) return lines;
  const request = lines.map((line) => ({
    sku: line.sku,
    taxCategory: line.taxCategory ?? "",
    total: money(currencyCode, discounted(line)),
  }));
  const taxed = await taxes.calculateTax({ address, lines: request }, call);
  return lines.map((line, i) => {
    const own = (taxed.lines[i]?.taxes ?? []).map(toTax);
    return own.length === 0 ? line : { ...line, taxes: own };
  });
}

/** The taxes on a shipping price after discounts. */
export async function taxShipping(
  { taxes }: Pick<OrderDeps, "taxes">,
  { shipping, currencyCode, shippingAddress: address }: Destination & { shipping: Priced },
  call: CallOptions,
): Promise<Tax[]> {
  if (address === null) return [];
  const shippingPrice = money(currencyCode, discounted(shipping));
  const { shippingTaxes } = await taxes.calculateTax({ address, lines: [], shippingPrice }, call);
  return shippingTaxes.map(toTax);
}

function toTax({ name, rateMillionths, included, amount }: TaxMessage): Tax {
  return { name, rateMillionths, included, amount: Number(amount?.amount ?? 0n) };
}
