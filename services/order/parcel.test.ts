import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { FrozenPackageSchema } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { parcelFor } from "./parcel.ts";

const mug = { sku: "MUG", lengthMm: 100, widthMm: 80, heightMm: 90, weightG: 350 };
const poster = { sku: "POSTER", lengthMm: 700, widthMm: 60, heightMm: 60, weightG: 200 };

test.each([
  ["one unit", [["MUG", 1]], [mug], [100, 80, 90, 350]],
  ["units are stacked", [["MUG", 3]], [mug], [100, 80, 270, 1050]],
  [
    "as long and wide as the largest",
    [
      ["MUG", 1],
      ["POSTER", 1],
    ],
    [mug, poster],
    [700, 80, 150, 550],
  ],
  [
    "an unknown size is 50 mm and 100 g",
    [
      ["MUG", 1],
      ["SECRET", 2],
    ],
    [mug],
    [100, 80, 190, 550],
  ],
  [
    "an unknown side counts by itself",
    [["MUG", 2]],
    [{ ...mug, heightMm: 0, weightG: 0 }],
    [100, 80, 100, 200],
  ],
  [
    "what no carrier could rate is cut to the contract's limits",
    [["MUG", 10_000_000]],
    [mug],
    [100, 80, 100_000, 100_000_000],
  ],
] as [string, [string, number][], (typeof mug)[], number[]][])("%s", (_what, units, sizes, expected) => {
  const lines = units.map(([sku, quantity]) => ({ sku, quantity }));
  const box = parcelFor(
    lines,
    sizes.map((size) => create(FrozenPackageSchema, size)),
  );
  expect([box.lengthMm, box.widthMm, box.heightMm, box.weightG]).toEqual(expected);
});
