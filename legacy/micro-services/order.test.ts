import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { Message_State } from "../../gen/rowlock/notify/v1/notify_pb.js";
import {
  type Order,
  Order_State,
  OrderEventSchema,
  OrderSchema,
} from "../../gen/rowlock/order/v1/order_pb.js";
import { statusCodeOf, toOrder } from "./order.ts";

const usd = (amount: bigint) => ({ currencyCode: "USD", amount });
const discount = (promotionId: string, amount: bigint) => ({
  promotionId,
  title: `Promotion ${promotionId}`,
  amount: usd(amount),
});
const at = (time: string) => timestampFromDate(new Date(time));

type Init = Exclude<MessageInitShape<typeof OrderSchema>, Order>;

function order(more: Init = {}) {
  return create(OrderSchema, {
    id: "ord_1",
    state: Order_State.PENDING_PAYMENT,
    currencyCode: "USD",
    lines: [
      { sku: "A", title: "Ball", quantity: 5n, total: usd(250n), discounts: [discount("1", 25n)] },
      { sku: "B", title: "Bone", variantTitle: "L", quantity: 1n, total: usd(100n) },
    ],
    shippingMethods: [
      { id: "rate_1", carrier: "FedEx", service: "FedEx 2Day®", price: usd(500n), estimatedDays: 2 },
      { id: "rate_2", carrier: "USPS", service: "Priority Mail", price: usd(900n) },
    ],
    shippingMethodId: "rate_2",
    shippingTotal: usd(900n),
    total: usd(1225n),
    createTime: at("2026-12-31T23:59:59.9Z"),
    updateTime: at("2027-01-01T00:00:01Z"),
    ...more,
  });
}

const show = (...[more]: Parameters<typeof order>) =>
  toOrder(order(more), { shipmentId: "shp_1", events: [] });

test.each<[string, Init, bigint[]]>([
  ["taxes in the prices are not counted again", {}, [250n, 100n, -25n, 0n, 900n]],
  [
    "taxes on the prices are added",
    { taxTotal: usd(200n), includedTaxTotal: usd(80n), total: usd(1345n) },
    [250n, 100n, -25n, 120n, 900n],
  ],
  [
    "each promotion stands once",
    { shippingDiscounts: [discount("1", 5n), discount("2", 895n)], total: usd(325n) },
    [250n, 100n, -30n, -895n, 0n, 900n],
  ],
])("the items come to the amount: %s", (_why, more, amounts) => {
  const { items, amount } = show(more);
  expect(items.map((item) => item.amount)).toEqual(amounts);
  expect(items.reduce((sum, item) => sum + item.amount, 0n)).toBe(amount);
});

test("items say what they are", () => {
  expect(show().items.map(({ type, parent, description }) => [type, parent, description])).toEqual([
    ["sku", "A", "Ball"],
    ["sku", "B", "Bone, L"],
    ["discount", "", "Promotion 1"],
    ["tax", "", "Taxes (included)"],
    ["shipping", "rate_2", "USPS Priority Mail"],
  ]);
});

test("methods are described, and dated when the carrier says when", () => {
  const [dated, undated] = show().shippingMethods;
  expect(dated).toMatchObject({
    description: "FedEx 2Day®",
    deliveryEstimate: { type: "exact", date: "2027-01-02" },
  });
  expect([undated?.description, undated?.deliveryEstimate]).toEqual(["USPS Priority Mail", undefined]);
});

test.each([
  [Order_State.PENDING_PAYMENT, "created"],
  [Order_State.PAID, "paid"],
  [Order_State.FULFILLED, "paid"],
  [Order_State.CANCELED, "canceled"],
  [Order_State.EXPIRED, "canceled"],
])("state %i is %s", (state, status) => {
  expect(show({ state }).status).toBe(status);
});

test("transitions come from the order's events", () => {
  const events = ["placed", "paid", "fulfilled", "refunded"].map((kind, i) =>
    create(OrderEventSchema, { kind, createTime: at(`2027-01-01T00:00:0${i}.5Z`) }),
  );
  const { statusTransitions } = toOrder(order(), { shipmentId: "", events });
  expect(statusTransitions).toMatchObject({
    paid: 1798761601n,
    fulfiled: 1798761602n,
    returned: 1798761603n,
  });
  expect(statusTransitions?.canceled).toBeUndefined();
});

test.each([
  [undefined, "102", "not made yet"],
  [Message_State.PENDING, "102", "not sent yet"],
  [Message_State.SENT, "202", "taken by the provider"],
  [Message_State.DELIVERED, "202", "there"],
  [Message_State.UNDELIVERED, "202", "taken, though it did not get there"],
  [Message_State.REFUSED, "400", "refused"],
  [Message_State.SUPPRESSED, "400", "to nobody who wants it"],
  [Message_State.FAILED, "400", "given up"],
])("a message in state %j has the code %s (%s)", (state, code, _why) => {
  expect(statusCodeOf(state === undefined ? undefined : { state })).toBe(code);
});
