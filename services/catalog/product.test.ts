import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ProductSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { inconsistencies } from "./product.ts";
import { variant } from "./testing/shop.ts";

const size = { name: "Size", values: ["S", "M"] };
const colour = { name: "Colour", values: ["red", "blue"] };

type Init = MessageInitShape<typeof ProductSchema>;

test.each<[string, Init]>([
  ["no options, one variant", { variants: [variant("A")] }],
  [
    "an option, each value",
    { options: [size], variants: [chosen("A", { Size: "S" }), chosen("B", { Size: "M" })] },
  ],
  [
    "a combination that is not made",
    { options: [size, colour], variants: [chosen("A", { Size: "S", Colour: "red" })] },
  ],
  [
    "a value named like a property of objects",
    {
      options: [{ name: "constructor", values: ["toString"] }],
      variants: [chosen("A", { constructor: "toString" })],
    },
  ],
])("fits together: %s", (_name, product) => {
  expect(inconsistencies(create(ProductSchema, product))).toEqual([]);
});

test.each<[string, Init, string[]]>([
  [
    "two variants and nothing to choose",
    { variants: [variant("A"), variant("B")] },
    ["variants[1].option_values"],
  ],
  ["an option not chosen", { options: [size], variants: [variant("A")] }, ["variants[0].option_values"]],
  [
    "an inherited property is no choice",
    { options: [{ name: "constructor", values: ["x"] }], variants: [variant("A")] },
    ["variants[0].option_values"],
  ],
  [
    "a value that is not offered",
    { options: [size], variants: [chosen("A", { Size: "XL" })] },
    ["variants[0].option_values"],
  ],
  [
    "an option that is not offered",
    { options: [size], variants: [chosen("A", { Size: "S", Colour: "red" })] },
    ["variants[0].option_values"],
  ],
  [
    "the same choice twice",
    {
      options: [size, colour],
      variants: [chosen("A", { Size: "S", Colour: "red" }), chosen("B", { Colour: "red", Size: "S" })],
    },
    ["variants[1].option_values"],
  ],
  [
    "a currency that does not exist",
    {
      variants: [{ sku: "A", prices: [{ currencyCode: "USD" }, { currencyCode: "XXQ" }] }],
    },
    ["variants[0].prices[1].currency_code"],
  ],
])("does not fit together: %s", (_name, product, fields) => {
  expect(inconsistencies(create(ProductSchema, product)).map(({ field }) => field)).toEqual(fields);
});

function chosen(sku: string, optionValues: Record<string, string>) {
  return variant(sku, 1000n, { optionValues });
}
