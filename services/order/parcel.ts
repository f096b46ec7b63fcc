import type { FrozenPackage } from "../../gen/rowlock/cart/v1/cart_pb.js";

/** Grams assumed for a unit whose weight the catalog does not know. */
const unknownWeight = 100;
/** Millimetres assumed for a side that the catalog does not know. */
const unknownSide = 50;

/** One box; millimetres and grams. */
export interface ParcelSize {
  lengthMm: number;
  widthMm: number;
  heightMm: number;
  weightG: number;
}

/**
 * One box for all units, stacked on each other: as long and as wide as the
 * largest, as high as all together. An upper bound that every carrier can
 * rate, not a packing.
 */
export function parcelFor(
  lines: readonly { sku: string; quantity: number }[],
  packages: readonly FrozenPackage[],
): ParcelSize {
  const bySku = new Map(packages.map((size) => [size.sku, size]));
  const box: ParcelSize = { lengthMm: 1, widthMm: 1, heightMm: 0, weightG: 0 };
  for (const { sku, quantity } of lines) {
    const unit = bySku.get(sku);
    box.lengthMm = Math.max(box.lengthMm, unit?.lengthMm || unknownSide);
    box.widthMm = Math.max(box.widthMm, unit?.widthMm || unknownSide);
    box.heightMm += (unit?.heightMm || unknownSide) * quantity;
    box.weightG += (unit?.weightG || unknownWeight) * quantity;
  }
  return {
    ...box,
    heightMm: Math.min(box.heightMm, 100_000),
    weightG: Math.min(box.weightG, 100_000_000),
  };
}
