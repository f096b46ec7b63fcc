import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { Order_State, OrderSchema } from "../../gen/rowlock/order/v1/order_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { failureOf } from "../../lib/rpc/testing/calls.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { notifySchema } from "./migrations/index.ts";
import { notifyUnderTest, staff } from "./testing/notify.ts";

let database: TestDatabase;
let under: ReturnType<typeof notifyUnderTest>;
beforeAll(async () => {
  database = await testDatabase(notifySchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  under = notifyUnderTest(database.db, undefined, [], undefined, "https://shop.example/orders/{order_id}");
});

const eur = (amount: bigint) => ({ currencyCode: "EUR", amount });
const deadline = timestampFromDate(new Date("2026-03-02T10:00:00Z"));
const placed = (more: MessageInitShape<typeof OrderSchema> = {}) =>
  create(OrderSchema, {
    id: "ord_1",
    state: Order_State.PENDING_PAYMENT,
    lines: [{ sku: "MUG", title: "Mug", variantTitle: "blue", quantity: 2n, total: eur(2400n) }],
    itemTotal: eur(2400n),
    shippingTotal: eur(0n),
    total: eur(2400n),
    shippingAddress: { name: "Ada Lovelace", line1: "1 Main St", city: "Berlin", countryCode: "DE" },
    holdExpireTime: timestampFromDate(new Date("2026-03-01T10:15:00Z")),
    ...(more as object),
  });

const preview = (event: string, more: object = {}) =>
  under.client.previewTemplate({ event, language: "en", orderId: "ord_1", ...more }, staff);

test.each<[string, string, MessageInitShape<typeof OrderSchema>, string[]]>([
  [
    "placed",
    "order.placed",
    {},
    [
      "Held for you until: March 1, 2026 at 10:15 UTC",
      "Pay now: https://shop.example/orders/ord_1",
      "2 x Mug – blue: €24.00",
      "Shipping: not chosen yet",
      "Ada Lovelace",
    ],
  ],
  [
    "placed, with its shipping",
    "order.placed",
    { shippingMethodId: "rate_1", shippingTotal: eur(490n), total: eur(2890n) },
    ["Shipping: €4.90", "Total: €28.90"],
  ],
  [
    "waiting for a transfer",
    "order.payment_instructions",
    {
      payment: {
        method: "BCA_VA",
        transfer: { accountNumber: "88081234", reference: "ORD-7K2M", deadline },
      },
    },
    ["Bank: BCA VA", "Account number: 88081234", "Reference: ORD-7K2M", "Pay before: March 2, 2026"],
  ],
  [
    "on its way",
    "order.fulfilled",
    {
      state: Order_State.FULFILLED,
      fulfillment: { carrier: "USPS", trackingNumber: "92055", trackingUrl: "https://track.test/92055" },
    },
    ["USPS: 92055", "https://track.test/92055", "https://shop.example/orders/ord_1"],
  ],
  [
    "partly refunded",
    "order.refunded",
    { state: Order_State.FULFILLED, refunds: [{ amount: eur(500n) }, { amount: eur(1200n) }] },
    ["€12.00 back"],
  ],
  [
    "canceled",
    "order.canceled",
    { state: Order_State.CANCELED, cancelReason: "Changed my mind" },
    ["Changed my mind"],
  ],
])("an order that is %s is shown as it is told", async (_, event, more, says) => {
  under.orders.set("ord_1", placed(more));
  const shown = await preview(event);
  expect(shown.subject).toContain("ord_1");
  for (const part of says) expect(shown.text).toContain(part);
  expect(shown.html).toContain('href="https://shop.example/orders/ord_1"');
  expect(`${shown.html}${shown.text}`).not.toMatch(/undefined|null|\[object/);
  expect(under.email.taken).toEqual([]);
});

test.each([Order_State.PAID, Order_State.PENDING_PAYMENT])(
  "who has paid is not asked to, also when it is tried with an order that is %s",
  async (state) => {
    under.orders.set("ord_1", placed({ state, shippingMethodId: "rate_1" }));
    const shown = await preview("order.paid");
    expect(shown.text).toContain("received your payment of €24.00");
    expect(shown.text).not.toMatch(/Held for you|Pay now/);
  },
);

test("a refund does not speak of parcels", async () => {
  const parcel = { carrier: "USPS", trackingNumber: "92055", trackingUrl: "https://track.test/92055" };
  under.orders.set("ord_1", placed({ state: Order_State.FULFILLED, fulfillment: parcel }));
  expect((await preview("order.delivered")).text).toContain("92055");
  const { html, text } = await preview("order.refunded");
  expect(`${html}${text}`).not.toContain("92055");
});

test("a template is tried with an order", async () => {
  under.orders.set("ord_1", placed());
  const shown = await preview("order.placed", {
    override: { subject: "{{ order.total }} until {{ order.held_until }}" },
  });
  expect(shown.subject).toBe("€24.00 until March 1, 2026 at 10:15 UTC");
});

test("Order is asked in the name of who wants to see it", async () => {
  under.orders.set("ord_1", placed());
  const limited = as.staffWith({ role: Role.VIEWER, areas: ["notify"] });
  await under.client.previewTemplate({ event: "order.placed", language: "en", orderId: "ord_1" }, limited);
  expect(under.ordersAsked).toMatchObject([{ kind: "staff", role: Role.VIEWER, areas: ["notify"] }]);
});

test("an order that there is not has no preview", async () => {
  const failure = await failureOf(preview("order.placed"));
  expect(errorInfo(failure)).toMatchObject({ reason: "ORDER_NOT_FOUND", metadata: { order_id: "ord_1" } });
});

test("news of stock is about no order", async () => {
  under.orders.set("ord_1", placed());
  expect(reasonOf(await failureOf(preview("stock.low")))).toBe("INVALID_ARGUMENT");
});

test("a shop without pages has no links to them", async () => {
  under = notifyUnderTest(database.db);
  under.orders.set("ord_1", placed());
  const shown = await preview("order.placed");
  expect(shown.text).toContain("where you ordered them");
  expect(`${shown.html}${shown.text}${shown.sms}`).not.toMatch(/Pay now|shop\.example|<a /);
});
