import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Package } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import type { PackageDimensionsSchema } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";

type Dimensions = MessageInitShape<typeof PackageDimensionsSchema>;

const mmPerInch = 25.4;
const gramsPerOunce = 28.349523125;

/** Inches and ounces as the catalog's whole millimetres and grams, of which none is below 1. */
export function toPackage({ height = 0, length = 0, weight = 0, width = 0 }: Dimensions) {
  return {
    heightMm: toWhole(height * mmPerInch),
    lengthMm: toWhole(length * mmPerInch),
    weightG: toWhole(weight * gramsPerOunce),
    widthMm: toWhole(width * mmPerInch),
  };
}

/** The catalog's millimetres and grams as inches and ounces. */
export function toDimensions({
  heightMm,
  lengthMm,
  weightG,
  widthMm,
}: Omit<Package, "$typeName">): Dimensions {
  return {
    height: shortest(heightMm, mmPerInch),
    length: shortest(lengthMm, mmPerInch),
    weight: shortest(weightG, gramsPerOunce),
    width: shortest(widthMm, mmPerInch),
  };
}

function toWhole(amount: number): number {
  return Math.max(1, Math.round(amount));
}

/**
 * The number with the fewest decimals that stands for the same whole unit: 13 mm are 0.5 inches, not 0.5118. So what
 * came with one decimal goes out as it came.
 */
function shortest(whole: number, perUnit: number): number {
  const exact = whole / perUnit;
  for (const factor of [1, 10, 100]) {
    const rounded = Math.round(exact * factor) / factor;
    if (toWhole(rounded * perUnit) === whole) return rounded;
  }
  return exact;
}
