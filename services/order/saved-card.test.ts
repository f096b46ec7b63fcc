import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { newId } from "../../lib/ids/ids.ts";
import { asPrincipal } from "../../lib/rpc/index.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { buyerOf, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

/** A customer's order, ready to be paid. */
async function placed() {
  const id = newId("cus");
  const caller = asPrincipal({ kind: "customer", id });
  const { id: orderId } = await shop.client.placeOrder({ cartId: shop.cart({ owner: id }) }, caller);
  await shop.client.setShippingMethod({ orderId, shippingMethodId: "rate_0" }, caller);
  return { id, caller, orderId };
}

const saving = { case: "card", value: { paymentMethod: "pm_card_visa", savePaymentMethod: true } } as const;
const saved = { case: "card", value: { savedPaymentMethodId: "pmt_1" } } as const;
const plain = { case: "card", value: { paymentMethod: "pm_card_visa" } } as const;

test.each([
  ["a card that is to be saved", saving, true],
  ["a saved card", saved, true],
  ["another card", plain, false],
] as const)("%s pays; Payment is told whose it is when it must know", async (_what, method, named) => {
  const { id, caller, orderId } = await placed();
  const order = await shop.client.payOrder({ orderId, method, requestId: "pay" }, caller);
  expect(order.state).toBe(Order_State.PAID);
  const request = shop.payments.requests.get(order.payment?.id ?? "");
  expect(request?.method).toMatchObject(method);
  expect(request?.customerId).toBe(named ? id : undefined);
  // Again: the same answer, no other attempt.
  expect(await shop.client.payOrder({ orderId, method, requestId: "pay" }, caller)).toEqual(order);
  expect(shop.payments.of(orderId)).toHaveLength(1);
});

test("only the customer's own calls use or save cards: not staff's, services' or guests'", async () => {
  const { orderId } = await placed();
  const guest = await shop.ready();
  for (const method of [saving, saved]) {
    for (const [order, caller] of [
      [orderId, as.staff],
      [orderId, as.service("legacy")],
      [guest.orderId, buyerOf(guest.cartId)],
    ] as const) {
      const call = shop.client.payOrder({ orderId: order, method }, caller);
      expect(await outcomeOf(call)).toMatchObject({ reason: "ACCOUNT_REQUIRED" });
      expect(shop.payments.of(order)).toEqual([]);
    }
  }
});

test("a saved card that is not there leaves the order payable", async () => {
  const { caller, orderId } = await placed();
  const method = { case: "card", value: { savedPaymentMethodId: "pmt_none" } } as const;
  expect(await outcomeOf(shop.client.payOrder({ orderId, method }, caller))).toMatchObject({
    reason: "PAYMENT_METHOD_NOT_FOUND",
    metadata: { payment_method_id: "pmt_none" },
  });
  expect((await shop.client.payOrder({ orderId, method: plain }, caller)).state).toBe(Order_State.PAID);
});

test.each([
  ["neither card nor saved card", {}],
  ["both", { paymentMethod: "pm_card_visa", savedPaymentMethodId: "pmt_1" }],
  ["a saved one saved again", { savedPaymentMethodId: "pmt_1", savePaymentMethod: true }],
])("%s is an invalid argument", async (_what, value) => {
  const { caller, orderId } = await placed();
  const call = shop.client.payOrder({ orderId, method: { case: "card", value } }, caller);
  expect(await outcomeOf(call)).toMatchObject({ reason: "INVALID_ARGUMENT" });
});
