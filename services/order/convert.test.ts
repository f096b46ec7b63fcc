import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { Payment_State, PaymentSchema } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { toOrderEvent, toOrderMessage } from "./convert.ts";
import { unlessFailed } from "./decline.ts";
import type { Order } from "./order.ts";
import { attemptStateOf, snapshotOf } from "./payment-snapshot.ts";
import { orderSummary } from "./summary.ts";
import { address, contact } from "./testing/shop.ts";

const now = new Date("2026-03-01T10:00:00.000Z");
const deadline = new Date("2026-03-02T10:00:00.000Z");
const order: Order = {
  id: "ord_1",
  cartId: "cart_1",
  channel: "",
  metadata: {},
  pickUp: false,
  owner: "digest",
  state: "PENDING_PAYMENT",
  currencyCode: "USD",
  lines: [
    {
      sku: "M",
      productId: "p",
      title: "Mug",
      variantTitle: "Blue",
      quantity: 2,
      unitPrice: 1000,
      total: 2000,
    },
    { sku: "C", productId: "p", title: "Cap", variantTitle: "", quantity: 1, unitPrice: 1, total: 1 },
  ],
  contact,
  shippingAddress: address,
  shipmentId: "shp_1",
  shipments: [],
  shippingMethods: [
    { id: "r", carrier: "USPS", service: "Ground", price: 500, estimatedDays: 2, attributes: [] },
  ],
  shippingMethodId: "r",
  shippingDiscounts: [],
  shippingTaxes: [],
  promotions: [],
  refusedCodes: [],
  refunds: [],
  itemTotal: 2001n,
  itemDiscount: 0n,
  shippingTotal: 500n,
  shippingDiscount: 0n,
  taxTotal: 0n,
  includedTaxTotal: 0n,
  reservationId: "ord_1",
  holdExpireTime: deadline,
  paymentId: null,
  paymentState: null,
  payment: null,
  lateMoney: null,
  fulfilling: false,
  fulfillment: null,
  cancelReason: "",
  createTime: now,
  updateTime: now,
};
const transfer = { accountNumber: "88", reference: "RL1", deadline: deadline.toISOString() };
const waiting = {
  ...order,
  paymentId: "pay_1",
  paymentState: "AWAITING_TRANSFER" as const,
  payment: { method: "BCA_VA", clientSecret: "", redirectUrl: "", declineCode: "", transfer },
};

test("an order is shown in its currency, without its owner's digest", () => {
  const message = toOrderMessage(order);
  expect(message).toMatchObject({
    lines: [{ quantity: 2n, unitPrice: money("USD", 1000n), total: money("USD", 2000n) }, { quantity: 1n }],
    itemTotal: money("USD", 2001n),
    shippingTotal: money("USD", 500n),
    total: money("USD", 2501n),
    shippingMethods: [{ price: money("USD", 500n) }],
    holdExpireTime: timestampFromDate(deadline),
  });
  expect([message.payment, message.fulfillment]).toEqual([undefined, undefined]);
  expect(
    JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value)),
  ).not.toContain("digest");
});

test("a transfer is shown with what the bank needs", () => {
  expect(toOrderMessage(waiting).payment).toMatchObject({
    id: "pay_1",
    state: OrderPayment_State.AWAITING_TRANSFER,
    method: "BCA_VA",
    transfer: {
      bank: "BCA_VA",
      accountNumber: "88",
      reference: "RL1",
      amount: money("USD", 2501n),
      deadline: timestampFromDate(deadline),
    },
  });
});

test("a parcel is shown with its shipment", () => {
  const fulfillment = { carrier: "USPS", trackingNumber: "T", trackingUrl: "t", labelUrl: "l" };
  expect(toOrderMessage({ ...order, fulfillment }).fulfillment).toMatchObject({
    shipmentId: "shp_1",
    ...fulfillment,
  });
});

test("an event keeps its facts", () => {
  const row = { id: 7n, kind: "paid", data: { payment_id: "pay_1" }, createTime: now };
  expect(toOrderEvent(row)).toMatchObject({ ...row, createTime: timestampFromDate(now) });
});

test("a summary names variants, and carries instructions or the parcel", () => {
  expect(orderSummary(waiting)).toMatchObject({
    orderId: "ord_1",
    lines: [
      { title: "Mug – Blue", quantity: 2n, total: { amount: 2000n } },
      { title: "Cap", quantity: 1n },
    ],
    total: { currencyCode: "USD", amount: 2501n },
    shippingAddress: address,
    transfer: { bank: "BCA_VA", accountNumber: "88", reference: "RL1" },
  });
  const fulfillment = { carrier: "USPS", trackingNumber: "T", trackingUrl: "t", labelUrl: "l" };
  const parcel = orderSummary({ ...order, fulfillment });
  expect(parcel).toMatchObject(fulfillment);
  expect("transfer" in parcel).toBe(false);
});

test("an order keeps of a payment what it shows", () => {
  const payment = create(PaymentSchema, {
    method: "card",
    clientSecret: "secret",
    redirectUrl: "https://bank.test",
    declineCode: "lost_card",
    providerId: "pi_1",
  });
  expect(snapshotOf(payment)).toEqual({
    method: "card",
    clientSecret: "secret",
    redirectUrl: "https://bank.test",
    declineCode: "lost_card",
  });
  const { accountNumber, reference } = transfer;
  const other = create(PaymentSchema, {
    method: "BCA_VA",
    accountNumber,
    reference,
    deadline: timestampFromDate(deadline),
  });
  expect(snapshotOf(other).transfer).toEqual(transfer);
});

test.each([
  ["UNSPECIFIED", "PROCESSING"],
  ["PROCESSING", "PROCESSING"],
  ["AUTHORIZED", "PROCESSING"],
  ["REQUIRES_ACTION", "REQUIRES_ACTION"],
  ["AWAITING_TRANSFER", "AWAITING_TRANSFER"],
  ["CAPTURED", "CAPTURED"],
  ["FAILED", "FAILED"],
  ["CANCELED", "FAILED"],
  ["REFUNDED", "REFUNDED"],
] as const)("a payment that is %s is an attempt that is %s", (state, shown) => {
  expect(attemptStateOf(Payment_State[state])).toBe(shown);
});

test("only a payment that failed fails the call", () => {
  for (const state of Object.values(Payment_State)) {
    if (typeof state === "string" || state === Payment_State.FAILED) continue;
    expect(unlessFailed(order, create(PaymentSchema, { state }))).toBe(order);
  }
  const failed = create(PaymentSchema, { state: Payment_State.FAILED });
  expect(() => unlessFailed(order, failed)).toThrow("declined");
});
