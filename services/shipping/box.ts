import type { Box, ShipmentItem } from "./shipment.ts";

/** What the contract allows a parcel, in millimetres and grams. */
const longestMm = 100_000;
const heaviestG = 100_000_000;

/**
 * One box for all units, stacked on each other: as long and as wide as the
 * largest, as high as all together. An upper bound that every carrier can
 * rate, not a packing.
 */
export function boxFor(items: readonly Pick<ShipmentItem, "quantity" | "unit">[]): Box {
  const box: Box = { lengthMm: 1, widthMm: 1, heightMm: 0, weightG: 0 };
  for (const { quantity, unit } of items) {
    box.lengthMm = Math.max(box.lengthMm, unit.lengthMm);
    box.widthMm = Math.max(box.widthMm, unit.widthMm);
    box.heightMm += unit.heightMm * quantity;
    box.weightG += unit.weightG * quantity;
  }
  return {
    ...box,
    heightMm: Math.min(box.heightMm, longestMm),
    weightG: Math.min(box.weightG, heaviestG),
  };
}
