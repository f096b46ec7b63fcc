import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { FrozenPackageSchema } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { shippedItems } from "./shipped-items.ts";

const line = {
  ...{ sku: "MUG", productId: "prod_1", title: "Mug", variantTitle: "" },
  ...{ quantity: 2, unitPrice: 1500, total: 3000 },
};
const mug = { sku: "MUG", lengthMm: 100, widthMm: 80, heightMm: 90, weightG: 350 };

test.each([
  ["what the catalog knows", [mug], [100, 80, 90, 350]],
  ["nothing is known of another SKU", [{ ...mug, sku: "CUP" }], [50, 50, 50, 100]],
  ["what is not known counts by itself", [{ ...mug, heightMm: 0, weightG: 0 }], [100, 80, 50, 100]],
])("the box of a unit: %s", (_what, sizes, [lengthMm, widthMm, heightMm, weightG]) => {
  const packages = sizes.map((size) => create(FrozenPackageSchema, size));
  expect(shippedItems([line], packages)).toEqual([
    {
      ...{ sku: "MUG", title: "Mug", quantity: 2, unitPrice: 1500 },
      unit: { lengthMm, widthMm, heightMm, weightG },
    },
  ]);
});

test("an item is called by its product and variant", () => {
  const items = shippedItems([{ ...line, variantTitle: "Blue" }], []);
  expect(items.map(({ title }) => title)).toEqual(["Mug – Blue"]);
});

test("what customs ask goes along, and is left out where it is not known", () => {
  const customs = { originCountryCode: "PT", tariffNumber: "691200" };
  expect(
    shippedItems(
      [
        { ...line, ...customs },
        { ...line, sku: "CUP" },
      ],
      [],
    ),
  ).toMatchObject([
    customs,
    expect.not.objectContaining({ originCountryCode: expect.anything(), tariffNumber: expect.anything() }),
  ]);
});
