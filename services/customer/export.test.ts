import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { accountOf, addressAt, gateway, openTestCustomers, type TestCustomers } from "./testing/shop.ts";

let shop: TestCustomers;
let ada: ReturnType<TestCustomers["signedIn"]>;
beforeAll(async () => {
  shop = await openTestCustomers();
});
afterAll(() => shop?.[Symbol.asyncDispose]());
beforeEach(() => {
  shop.broken.clear();
  shop.orders.length = 0;
  shop.listed = 200;
  ada = shop.signedIn();
});

test("a document with all there is, page by page", async () => {
  await shop.client.recordAccount(accountOf(ada.id, { name: "Ada" }), gateway);
  await shop.client.addAddress({ address: addressAt("1 First St"), label: "Home" }, ada.caller);
  const state = Order_State.FULFILLED;
  for (let n = 0; n < 19; n++) shop.orders.push({ id: `ord_${n}`, owner: ada.id, state });
  shop.orders.push({ id: "ord_other", owner: "cus_other", state });
  shop.listed = 2;
  const { contentType, data } = await shop.client.exportOwnData({}, ada.caller);
  expect(contentType).toBe("application/json");
  const text = Buffer.from(data).toString();
  expect(text).toContain('{\n  "customer": {\n    "id": "cus_');
  const document = JSON.parse(text);
  expect(document.customer).toMatchObject({ id: ada.id, email: `${ada.id}@example.com`, name: "Ada" });
  expect(document.addresses).toMatchObject([
    { label: "Home", default: true, address: { line1: "1 First St", countryCode: "US" } },
  ]);
  expect(document.orders).toHaveLength(19);
  for (const [n, each] of document.orders.entries()) {
    const orderId = `ord_${n}`;
    expect(each).toEqual({
      order: { id: orderId, state: "STATE_FULFILLED" },
      events: [{ kind: `placed ${orderId}` }],
      payments: [1, 2, 3].map((id) => ({
        id: `pay_${id}`,
        orderId,
        amount: { currencyCode: "USD", amount: "1" },
      })),
      shipments: [{ id: "shp_1", orderId }],
      messages: [{ id: "msg_1", orderId }],
    });
  }
});

test("staff get the same", async () => {
  await shop.client.recordAccount(accountOf(ada.id), gateway);
  shop.orders.push({ id: "ord_1", owner: ada.id, state: Order_State.PAID });
  const byStaff = await shop.client.exportCustomer({ customerId: ada.id }, as.staff);
  expect(byStaff).toEqual(await shop.client.exportOwnData({}, ada.caller));
});

test("a customer of whom nothing is known gets that; staff are told that there is none", async () => {
  const { data } = await shop.client.exportOwnData({}, ada.caller);
  expect(JSON.parse(Buffer.from(data).toString())).toEqual({
    customer: { id: ada.id, etag: "0" },
    addresses: [],
    paymentMethods: [{ id: `pmt_${ada.id}` }],
    orders: [],
  });
  expect(await outcomeOf(shop.client.exportCustomer({ customerId: ada.id }, as.staff))).toMatchObject({
    reason: "CUSTOMER_NOT_FOUND",
    metadata: { customer_id: ada.id },
  });
});

test.each(["listOwnOrders", "listOrderEvents", "listPayments", "listShipments", "listMessages"])(
  "is never given without what %s has",
  async (list) => {
    shop.orders.push({ id: "ord_1", owner: ada.id, state: Order_State.PAID });
    shop.broken.add(list);
    expect(await outcomeOf(shop.client.exportOwnData({}, ada.caller))).toMatchObject({ reason: "INTERNAL" });
  },
);
