import type { FrozenPackage } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { OrderLine } from "./order.ts";

/** Grams assumed for a unit whose weight the catalog does not know. */
const unknownWeight = 100;
/** Millimetres assumed for a side that the catalog does not know. */
const unknownSide = 50;

/** Units of a SKU in a shipment; the box of one of them in millimetres and grams. */
export interface ShippedItem {
  sku: string;
  title: string;
  quantity: number;
  unit: { lengthMm: number; widthMm: number; heightMm: number; weightG: number };
  /** Minor units. */
  unitPrice: number;
  /** For customs, as in {@link OrderLine}. */
  originCountryCode?: string;
  tariffNumber?: string;
}

/** What the lines of an order are to a carrier. What the catalog does not know is assumed, so that there is a rate. */
export function shippedItems(lines: readonly OrderLine[], packages: readonly FrozenPackage[]): ShippedItem[] {
  const bySku = new Map(packages.map((size) => [size.sku, size]));
  return lines.map(({ sku, title, variantTitle, quantity, unitPrice, originCountryCode, tariffNumber }) => {
    const size = bySku.get(sku);
    return {
      sku,
      title: variantTitle === "" ? title : `${title} – ${variantTitle}`,
      quantity,
      unit: {
        lengthMm: size?.lengthMm || unknownSide,
        widthMm: size?.widthMm || unknownSide,
        heightMm: size?.heightMm || unknownSide,
        weightG: size?.weightG || unknownWeight,
      },
      unitPrice,
      ...(originCountryCode !== undefined && { originCountryCode }),
      ...(tariffNumber !== undefined && { tariffNumber }),
    };
  });
}
