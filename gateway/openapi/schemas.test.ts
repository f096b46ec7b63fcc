import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ApiKeySchema, CreateApiKeyRequestSchema } from "../../gen/rowlock/auth/v1/auth_pb.js";
import { AddItemRequestSchema, CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import {
  CatalogService,
  ProductSchema,
  UpdateProductRequestSchema,
  VariantSchema,
} from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { ReserveRequestSchema } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { SendEmailRequestSchema } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { PayOrderRequestSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { MoneySchema } from "../../gen/rowlock/type/v1/money_pb.js";
import { ShelfService, shelfMessage } from "../transcoder/testing/shelf.ts";
import { createSchemas, type Schemas, type View } from "./schemas.ts";
import type { Schema } from "./types.ts";

const newSchemas = (): Schemas =>
  createSchemas({
    services: [CatalogService, CartService, ShelfService],
    comments: { "rowlock.catalog.v1.Product.id": "Output only. An id." },
  });

function fieldOf(desc: DescMessage, name: string): DescField {
  const field = desc.fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`${desc.typeName} has no ${name}`);
  return field;
}

const everything = shelfMessage("Everything");

test.each<[DescMessage, string, Schema, string]>([
  [ProductSchema, "title", { type: "string", minLength: 1, maxLength: 200 }, "lengths"],
  [ProductSchema, "id", { description: "Output only. An id.", readOnly: true }, "output only"],
  [
    ProductSchema,
    "category_ids",
    { type: "array", maxItems: 20, uniqueItems: true, items: { pattern: "^[a-z0-9][a-z0-9-]{0,63}$" } },
    "a list and its items",
  ],
  [
    ProductSchema,
    "attributes",
    {
      type: "object",
      maxProperties: 50,
      propertyNames: { minLength: 1, maxLength: 64 },
      additionalProperties: { type: "string", maxLength: 500 },
    },
    "a map, its keys and values",
  ],
  [
    ProductSchema,
    "image_urls",
    { items: { format: "uri", maxLength: 2000, pattern: "^https?://" } },
    "an address",
  ],
  [
    ProductSchema,
    "variants",
    { minItems: 1, maxItems: 100, description: "Rule: each SKU may stand once." },
    "CEL in words",
  ],
  [VariantSchema, "sku", { pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }, "a pattern"],
  [
    AddItemRequestSchema,
    "quantity",
    { type: ["integer", "string"], format: "int64", minimum: 1, maximum: 10000 },
    "a 64-bit integer: both forms, and its range",
  ],
  [
    MoneySchema,
    "amount",
    { minimum: -999999999999999, maximum: 999999999999999 },
    "a range on both sides of 0",
  ],
  [SendEmailRequestSchema, "to", { format: "email", maxLength: 254 }, "an e-mail address"],
  [
    CreateApiKeyRequestSchema,
    "role",
    { type: "string", enum: ["ROLE_VIEWER", "ROLE_EDITOR", "ROLE_ADMIN"] },
    "an enum without the value that is refused",
  ],
  [CreateApiKeyRequestSchema, "expire_time", { type: "string", format: "date-time" }, "a Timestamp"],
  [
    ReserveRequestSchema,
    "ttl",
    { type: "string", pattern: "^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$" },
    "a Duration",
  ],
])("a request's %s.%s is %j: %s", (desc, name, want) => {
  expect(newSchemas().field(fieldOf(desc, name), "request")).toMatchObject(want);
});

test.each<[DescMessage, string, boolean, string]>([
  [ProductSchema, "title", true, "must not be empty"],
  [ProductSchema, "description", false, "may be empty"],
  [ProductSchema, "variants", true, "at least one"],
  [VariantSchema, "sku", true, "its pattern does not match nothing"],
  [AddItemRequestSchema, "quantity", true, "0 is too few"],
  [MoneySchema, "amount", false, "0 is in its range"],
  [SendEmailRequestSchema, "to", true, "nothing is no e-mail address"],
  [SendEmailRequestSchema, "from", false, "not looked at when empty"],
  [CreateApiKeyRequestSchema, "role", true, "its zero is refused"],
  [CreateApiKeyRequestSchema, "expire_time", false, "a message without a rule"],
  [ReserveRequestSchema, "ttl", true, "required"],
  [UpdateProductRequestSchema, "product", false, "told to be ignored"],
])("%s.%s required: %s, since %s", (desc, name, want) => {
  expect(newSchemas().isRequired(fieldOf(desc, name))).toBe(want);
});

test("an answer always has what has no presence, and keeps no rules", () => {
  const schemas = newSchemas();
  expect(schemas.message(ApiKeySchema, "answer")).toEqual({ $ref: "#/components/schemas/ApiKey" });
  const { required, properties } = schemas.components["ApiKey"] ?? {};
  expect(required).toEqual(["id", "name", "role", "areas", "key", "hint"]);
  schemas.message(ProductSchema, "answer");
  expect(schemas.components["Product"]).toMatchObject({ properties: { title: { type: "string" } } });
  expect(JSON.stringify([properties, schemas.components["Product"]])).not.toContain("minLength");
  expect(schemas.components["Product"]).not.toHaveProperty("additionalProperties");
});

test("one message has a schema for each of its uses", () => {
  const schemas = newSchemas();
  const refs = (["answer", "request", "update"] as View[]).map(
    (view) => schemas.message(ProductSchema, view)["$ref"],
  );
  expect(refs).toEqual(
    ["Product", "ProductInput", "ProductPatch"].map((name) => `#/components/schemas/${name}`),
  );
  expect(schemas.components["ProductInput"]).toMatchObject({
    required: ["title", "variants"],
    additionalProperties: false,
  });
  expect(schemas.components["ProductPatch"]).not.toHaveProperty("required");
  expect(schemas.field(fieldOf(UpdateProductRequestSchema, "product"), "request")).toMatchObject({
    $ref: refs[2],
  });
});

test("a body leaves out what the path and headers carry, and refuses what it does not know", () => {
  const schemas = newSchemas();
  schemas.body(AddItemRequestSchema, new Set(["cart_id", "request_id"]));
  const body = schemas.components["AddItemRequest"] as { properties: object; required: string[] };
  expect(Object.keys(body.properties)).toEqual(["sku", "quantity"]);
  expect(body).toMatchObject({ required: ["sku", "quantity"], additionalProperties: false });
});

test("of a required oneof exactly one, of another at most one", () => {
  const schemas = newSchemas();
  schemas.body(PayOrderRequestSchema, new Set());
  expect(schemas.components["PayOrderRequest"]).toMatchObject({
    oneOf: [{ required: ["card"] }, { required: ["bankTransfer"] }],
  });
  schemas.body(everything, new Set());
  const one = everything.oneofs[0]?.fields.map((field) => ({ required: [field.jsonName] })) ?? [];
  expect(schemas.components["Everything"]).toMatchObject({ oneOf: [...one, { not: { anyOf: one } }] });
});

test("a message may hold itself", () => {
  const schemas = newSchemas();
  const recursive = everything.fields.find(
    (field) => field.message === everything && field.fieldKind === "message",
  );
  if (recursive === undefined) throw new Error("Everything does not hold itself");
  schemas.message(everything, "answer");
  expect(schemas.components["Everything"]).toMatchObject({
    properties: { [recursive.jsonName]: { $ref: "#/components/schemas/Everything" } },
  });
});

test.each([
  ["int64", { type: ["integer", "string"], format: "int64" }],
  ["bytes", { type: "string", contentEncoding: "base64" }],
  ["double", { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] }],
  ["bool", { type: "boolean" }],
  ["time", { format: "date-time" }],
])("an answer's %s", (name, want) => {
  expect(newSchemas().field(fieldOf(everything, name), "answer")).toMatchObject(want);
});
