import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { type Product, ProductSchema } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { UpdateProductRequestSchema } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { changeOf, toProduct } from "./product.ts";

const product = create(ProductSchema, {
  id: "prod_1",
  title: "Ball",
  metadata: { category: "toys", for: "dogs" },
  categoryIds: ["toys", "sale"],
  tags: ["toys", "round"],
});

test.each<[string, object, Partial<Product>, string[]]>([
  ["nothing", {}, {}, []],
  ["a name", { name: "Bone" }, { title: "Bone" }, ["title"]],
  ["no description", { description: "" }, { description: "" }, ["description"]],
  ["an entry", { metadata: { for: "cats" } }, { metadata: { category: "toys", for: "cats" } }, ["metadata"]],
  ["an entry less", { metadata: { for: "" } }, { metadata: { category: "toys" } }, ["metadata"]],
  [
    "another category, in the place of the one before",
    { metadata: { category: "Dog Food" } },
    {
      metadata: { category: "Dog Food", for: "dogs" },
      categoryIds: ["sale", "dog-food"],
      tags: ["round", "Dog Food"],
    },
    ["metadata", "category_ids", "tags"],
  ],
  [
    "a category that it is in already",
    { metadata: { category: "sale" } },
    { metadata: { category: "sale", for: "dogs" }, categoryIds: ["sale"], tags: ["round", "sale"] },
    ["metadata", "category_ids", "tags"],
  ],
  [
    "no category",
    { metadata: { category: "" } },
    { metadata: { for: "dogs" }, categoryIds: ["sale"], tags: ["round"] },
    ["metadata", "category_ids", "tags"],
  ],
])("an update with %s", (_, request, fields, paths) => {
  const change = changeOf(product, create(UpdateProductRequestSchema, { id: "prod_1", ...request }));
  expect(change).toEqual({ product: fields, paths });
});

test("a product of another currency has no price, one that nobody counted no stock", () => {
  const { skus, packageDimensions, attributes } = toProduct(
    create(ProductSchema, {
      variants: [
        {
          sku: "A",
          prices: [{ currencyCode: "EUR", amount: 50n }],
          attributes: { size: "S", colour: "red" },
        },
        { sku: "B", prices: [{ currencyCode: "USD", amount: 60n }], attributes: { size: "M" } },
      ],
    }),
    { currencyCode: "USD", available: new Map([["B", 7n]]) },
  );
  expect(skus?.data.map(({ id, price, inventory }) => [id, price, inventory?.quantity])).toEqual([
    ["A", undefined, 0n],
    ["B", 60n, 7n],
  ]);
  expect([packageDimensions, attributes]).toEqual([undefined, ["colour", "size"]]);
});
