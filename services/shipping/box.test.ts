import { expect, test } from "vitest";
import { boxFor } from "./box.ts";

const mug = { lengthMm: 100, widthMm: 80, heightMm: 90, weightG: 350 };
const poster = { lengthMm: 700, widthMm: 60, heightMm: 60, weightG: 200 };

test.each<[string, [typeof mug, number][], number[]]>([
  ["one unit", [[mug, 1]], [100, 80, 90, 350]],
  ["units are stacked", [[mug, 3]], [100, 80, 270, 1050]],
  [
    "as long and wide as the largest",
    [
      [mug, 1],
      [poster, 1],
    ],
    [700, 80, 150, 550],
  ],
  [
    "what no carrier could rate is cut to the contract's limits",
    [[mug, 10_000_000]],
    [100, 80, 100_000, 100_000_000],
  ],
])("%s", (_what, units, [lengthMm, widthMm, heightMm, weightG]) => {
  const box = boxFor(units.map(([unit, quantity]) => ({ unit, quantity })));
  expect(box).toEqual({ lengthMm, widthMm, heightMm, weightG });
});
