import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { type CartSchema, FreezeCartResponseSchema } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { PlaceOrderRequestSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { errorInfo } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { draftOrder, shippingMethodsOf } from "./draft.ts";
import { address, contact } from "./testing/shop.ts";

const cart = {
  currencyCode: "JPY",
  lines: [
    {
      sku: "MUG",
      productId: "prod_1",
      title: "Mug",
      variantTitle: "Blue",
      quantity: 2n,
      unitPrice: money("JPY", 1500n),
      total: money("JPY", 3000n),
    },
  ],
  itemTotal: money("JPY", 3000n),
  coupons: [{ code: "SAVE" }],
  contact,
  shippingAddress: address,
};
const frozen = (fields: MessageInitShape<typeof CartSchema> = {}) =>
  create(FreezeCartResponseSchema, { cart: { ...cart, ...(fields as object) }, owner: "digest" });
const draft = (
  fields: MessageInitShape<typeof CartSchema> = {},
  request: MessageInitShape<typeof PlaceOrderRequestSchema> = {},
) => draftOrder(frozen(fields), create(PlaceOrderRequestSchema, request));
const failure = (work: () => unknown) => {
  try {
    return work();
  } catch (err) {
    return errorInfo(err);
  }
};

test("a draft is plain data, fit to be stored", () => {
  const made = draft();
  expect(made).toEqual({
    owner: "digest",
    channel: "",
    metadata: {},
    pickUp: false,
    currencyCode: "JPY",
    lines: [
      {
        sku: "MUG",
        productId: "prod_1",
        title: "Mug",
        variantTitle: "Blue",
        quantity: 2,
        unitPrice: 1500,
        total: 3000,
      },
    ],
    codes: ["SAVE"],
    repriced: [],
    contact,
    shippingAddress: address,
    items: [
      {
        sku: "MUG",
        title: "Mug – Blue",
        quantity: 2,
        unit: { lengthMm: 50, widthMm: 50, heightMm: 50, weightG: 100 },
        unitPrice: 1500,
      },
    ],
  });
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
});

test.each([
  ["contact", { contact: undefined }, {}, { reason: "DELIVERY_MISSING", metadata: { missing: "contact" } }],
  [
    "address",
    { shippingAddress: undefined },
    {},
    { reason: "DELIVERY_MISSING", metadata: { missing: "shipping_address" } },
  ],
  ["expected amount", {}, { expectedItemTotal: money("JPY", 2999n) }, { reason: "TOTAL_CHANGED" }],
  ["expected currency", {}, { expectedItemTotal: money("USD", 3000n) }, { reason: "TOTAL_CHANGED" }],
])("a draft without the right %s is refused", (_what, fields, request, expected) => {
  expect(failure(() => draft(fields as never, request))).toMatchObject(expected);
});

test("what the request says wins, whether or not the cart says something", () => {
  const request = { contact: { email: "bob@example.com", phone: "+14155550123" }, shippingAddress: address };
  for (const fields of [{}, { contact: undefined, shippingAddress: undefined }]) {
    expect(draft(fields as never, request)).toMatchObject(request);
  }
});

test.each([undefined, true, false])("whether text messages are wanted is kept: %s", (smsOptIn) => {
  const said = { email: "bob@example.com", phone: "+14155550123", smsOptIn };
  expect(draft({ contact: said } as never, {}).contact?.smsOptIn).toBe(smsOptIn);
});

test("rates become shipping methods, in their order", () => {
  const rates = [
    { id: "r1", carrier: "USPS", service: "Ground", price: money("JPY", 700n), attributes: ["CHEAPEST"] },
    { id: "r2", carrier: "UPS", service: "Air", price: money("JPY", 900n), estimatedDays: 1 },
  ];
  expect(shippingMethodsOf(create(ShipmentSchema, { rates }))).toEqual([
    { id: "r1", carrier: "USPS", service: "Ground", price: 700, estimatedDays: 0, attributes: ["CHEAPEST"] },
    { id: "r2", carrier: "UPS", service: "Air", price: 900, estimatedDays: 1, attributes: [] },
  ]);
});
