import fc from "fast-check";
import { expect, test } from "vitest";
import { toDimensions, toPackage } from "./measures.ts";

test.each([
  [
    { height: 5, length: 6, weight: 10, width: 3 },
    { heightMm: 127, lengthMm: 152, weightG: 283, widthMm: 76 },
  ],
  [
    { height: 0.5, length: 1, weight: 1, width: 12.5 },
    { heightMm: 13, lengthMm: 25, weightG: 28, widthMm: 318 },
  ],
  [
    { height: 0.01, length: 0.01, weight: 0.01, width: 0.01 },
    { heightMm: 1, lengthMm: 1, weightG: 1, widthMm: 1 },
  ],
])("%j are %j", (inches, mm) => {
  expect(toPackage(inches)).toEqual(mm);
});

test("what has one decimal comes back as it came", () => {
  const tenths = fc.integer({ min: 1, max: 39_000 }).map((n) => n / 10);
  fc.assert(
    fc.property(fc.record({ height: tenths, length: tenths, weight: tenths, width: tenths }), (inches) => {
      expect(toDimensions(toPackage(inches))).toEqual(inches);
    }),
  );
});

test("what the catalog has survives the way through inches", () => {
  const whole = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(fc.record({ heightMm: whole, lengthMm: whole, weightG: whole, widthMm: whole }), (size) => {
      expect(toPackage(toDimensions(size))).toEqual(size);
    }),
  );
});

test("a side that the catalog does not know is 0", () => {
  expect(toDimensions({ heightMm: 0, lengthMm: 0, weightG: 0, widthMm: 0 })).toEqual({
    height: 0,
    length: 0,
    weight: 0,
    width: 0,
  });
});
