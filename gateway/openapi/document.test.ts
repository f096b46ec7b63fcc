import { Code } from "@connectrpc/connect";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import comments from "../../gen/comments.json" with { type: "json" };
import { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { NotifyService } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { OrderService } from "../../gen/rowlock/order/v1/order_pb.js";
import { PaymentService } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { ShippingService } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { describeRoutes } from "../transcoder/routes.ts";
import { LegacyService, ShelfService } from "../transcoder/testing/shelf.ts";
import { createOpenApi } from "./document.ts";
import type { JsonObject, OpenApiDocument, Operation } from "./types.ts";

const info = { title: "Test", version: "1" };
const reasons = {
  common: {
    INVALID_ARGUMENT: { code: Code.InvalidArgument, message: "{field}: {description}" },
    UNAUTHENTICATED: { code: Code.Unauthenticated, message: "a credential is needed" },
    NOT_OWNER: { code: Code.PermissionDenied, message: "this belongs to somebody else" },
    CART_NOT_OPEN: { code: Code.FailedPrecondition, message: "not of this service" },
  },
  services: {
    [CartService.typeName]: {
      CART_NOT_FOUND: { code: Code.NotFound, message: "cart {cart_id} does not exist" },
      CART_NOT_OPEN: { code: Code.FailedPrecondition, message: "cart {cart_id} is {state}" },
    },
  },
};
const areas = [
  CatalogService,
  InventoryService,
  CartService,
  OrderService,
  PaymentService,
  ShippingService,
  NotifyService,
  AuthService,
];
const shop = createOpenApi({ services: areas, comments, info, reasons });
const odd = createOpenApi({
  services: [ShelfService, LegacyService, EchoService],
  comments: {},
  info,
  reasons: { common: {}, services: {} },
});

describe.each([
  ["the shop's", shop],
  ["one with every kind of route and field", odd],
])("%s document", (_, document) => {
  test("is valid OpenAPI 3.1 to a validator of others", async () => {
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)))).toEqual({ valid: true });
  });

  test("has examples that fit their schemas", () => {
    const { checked, problems } = checkExamples(document);
    expect(problems).toEqual([]);
    expect(checked).toBeGreaterThan(20);
  });

  test("names each operation once", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("says of every parameter in a path what it is", () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        expect(parameters.flatMap((each) => ("in" in each && each.in === "path" ? [each.name] : []))).toEqual(
          named,
        );
      }
    }
  });
});

/** Every example beside a schema, against that schema. */
function checkExamples(document: OpenApiDocument): { checked: number; problems: string[] } {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const format of ["int32", "int64", "uint64"]) ajv.addFormat(format, true);
  ajv.addSchema(JSON.parse(JSON.stringify(document)), "document");
  const problems: string[] = [];
  let checked = 0;
  const walk = (node: unknown, pointer: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { schema, example, examples } = node as Record<string, JsonObject>;
    if (schema !== undefined) {
      const shown = Object.values((examples ?? {}) as Record<string, { $ref: string }>).map(
        ({ $ref }) => document.components.examples[$ref.split("/").at(-1) ?? ""]?.["value"],
      );
      const validate = ajv.compile({ $ref: `document#${pointer}/schema` });
      for (const value of [...(example === undefined ? [] : [example]), ...shown]) {
        checked++;
        if (!validate(value))
          problems.push(`${decodeURIComponent(pointer)}: ${ajv.errorsText(validate.errors)}`);
      }
    }
    for (const [name, child] of Object.entries(node)) {
      if (name === "example" || name === "examples") continue;
      walk(child, `${pointer}/${encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
    }
  };
  walk(document, "");
  return { checked, problems };
}

const operation = (document: OpenApiDocument, path: string, method: string) => {
  const found = document.paths[path]?.[method];
  if (found === undefined) throw new Error(`no ${method} ${path}`);
  return found;
};
const names = ({ parameters }: Operation) =>
  parameters.map((each) => ("$ref" in each ? each.$ref : each.name));

test("every route has its operation, but those of a kind that OpenAPI does not know", () => {
  const count = Object.values(odd.paths).flatMap((path) => Object.keys(path)).length;
  const unknown = describeRoutes([ShelfService]).filter(({ httpMethod }) =>
    ["PURGE", "*"].includes(httpMethod),
  );
  expect(unknown).toHaveLength(2);
  expect(count).toBe(describeRoutes([ShelfService, LegacyService, EchoService]).length - unknown.length);
});

test("a method is described by its comment, its callers and its bindings", () => {
  expect(operation(shop, "/v1/carts/{cartId}/items", "post")).toMatchObject({
    operationId: "Cart_AddItem",
    tags: ["Cart"],
    summary: "Adds units of a SKU to those already in the cart",
    security: [{ guestToken: [] }, { session: [] }, { sessionToken: [] }, { staffKey: [] }, { apiKey: [] }],
  });
  expect(operation(shop, "/v1/products", "get").security[0]).toEqual({});
  expect(operation(shop, "/v1/apiKeys", "post").security).toEqual([
    { staffKey: ["ADMIN"] },
    { apiKey: ["ADMIN"] },
  ]);
  expect(operation(odd, "/v1/everything/{int64}/{status}/{time}", "get").operationId).toBe(
    "Shelf_EchoEverything3",
  );
});

test.each([
  [
    "/v1/products",
    "get",
    [
      "pageSize",
      "pageToken",
      "categoryId",
      "query",
      "tag",
      "currencyCode",
      "minPrice",
      "maxPrice",
      "sort",
      "archived",
    ],
    "fields of the query",
  ],
  [
    "/v1/products/{productId}",
    "patch",
    ["productId", "updateMask", "Idempotency-Key", "If-Match"],
    "a nested variable, and headers for fields",
  ],
  [
    "/v1/products/{productId}",
    "get",
    ["productId", "#/components/parameters/IfNoneMatch"],
    "an answer with an etag",
  ],
  [
    "/v1/carts/{cartId}/items/{sku}",
    "delete",
    ["cartId", "sku", "Idempotency-Key"],
    "request_id is a header alone",
  ],
  [
    "/v1/orders/{orderId}:watch",
    "get",
    ["orderId", "lastEventId", "#/components/parameters/LastEventId"],
    "a stream that can be resumed",
  ],
])("%s %s takes %j: %s", (path, method, want) => {
  const found = names(operation(shop, path, method));
  expect(found).toEqual([...want, "#/components/parameters/RequestTimeout"]);
});

test("what only services may set is not in the document", () => {
  const properties = (name: string) => Object.keys(shop.components.schemas[name]?.["properties"] ?? {});
  expect(properties("CreateCartRequest")).toEqual(["currencyCode"]);
  expect(properties("PlaceOrderRequest")).toContain("contact");
  expect(properties("PlaceOrderRequest")).not.toContain("pickUp");
});

test("errors stand by status with their reasons, the service's own words first", () => {
  const { responses } = operation(shop, "/v1/carts/{cartId}/items/{sku}", "put");
  expect(responses["404"]).toMatchObject({ description: "- `CART_NOT_FOUND`" });
  expect(Object.keys(responses)).toEqual(["200", "400", "401", "403", "404", "default"]);
  expect(shop.components.examples["CART_NOT_OPEN"]).toMatchObject({
    value: {
      error: {
        code: 400,
        status: "FAILED_PRECONDITION",
        message: "cart cart_01jpa7c9y3e8q5m2n6r4t0v1wz is ORDERED",
        details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "CART_NOT_OPEN" }],
      },
    },
  });
});

test("a status that only the comment says is taken from there", () => {
  expect(operation(shop, "/v1/stock:watch", "get").responses["429"]).toMatchObject({
    description: "- `OVERLOADED`: too many watch in this process",
  });
});

test("streams come in three forms, bytes in any", () => {
  const contentTypes = (path: string) =>
    Object.keys((operation(odd, path, "get").responses["200"]?.["content"] ?? {}) as object);
  expect(contentTypes("/v1/shelves/{shelf}:watch")).toEqual([
    "application/x-ndjson",
    "text/event-stream",
    "application/json",
  ]);
  expect(contentTypes("/v1/covers/{name}")).toEqual(["*/*"]);
  expect(operation(odd, "/v1/books/{name}/cover", "put").requestBody).toMatchObject({
    content: { "*/*": { example: "aGVsbG8=" } },
  });
  expect(operation(odd, "/v1/shelves/{shelf}/books:import", "post").requestBody).toMatchObject({
    content: { "application/x-ndjson": {} },
  });
});

test("a call whose fields are all bound elsewhere has no body", () => {
  expect(operation(shop, "/v1/carts/{cartId}:clear", "post")).not.toHaveProperty("requestBody");
});

test("types of one name in two packages begin with their packages", () => {
  expect(shop.components.schemas).toHaveProperty("PaymentListWebhookEventsResponse");
  expect(shop.components.schemas).not.toHaveProperty("ListWebhookEventsResponse");
  expect(shop.components.schemas).toHaveProperty("OrderState");
});

test("the same contracts make the same document", () => {
  expect(JSON.stringify(createOpenApi({ services: areas, comments, info, reasons }))).toBe(
    JSON.stringify(shop),
  );
});
