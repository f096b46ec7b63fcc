import { afterAll, beforeAll, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, buyerOf, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
/** In the order in which they were placed. */
const buyers: Buyer[] = [];
beforeAll(async () => {
  shop = await TestOrders.open();
  for (const email of ["ada@example.com", "bob@example.com", "ada@example.com", "ada@example.com"]) {
    buyers.push(await shop.ready({ contact: { email, phone: "" } }));
  }
  await buyers[2]?.pay();
  await buyers[3]?.cancel();
});
afterAll(() => shop[Symbol.asyncDispose]());

const list = async (request: Parameters<typeof shop.client.listOrders>[0]) => {
  const { orders, nextPageToken } = await shop.client.listOrders(request, as.staff);
  const places = orders.map(({ id }) => buyers.findIndex(({ orderId }) => orderId === id));
  return { places, nextPageToken };
};

test.each([
  ["everything, the newest first", {}, [3, 2, 1, 0]],
  ["in a state", { state: Order_State.PENDING_PAYMENT }, [1, 0]],
  ["of an address", { email: "ada@example.com" }, [3, 2, 0]],
  ["of an address in a state", { email: "ada@example.com", state: Order_State.PAID }, [2]],
  ["of nobody", { email: "nobody@example.com" }, []],
])("lists %s", async (_what, request, places) => {
  expect((await list(request)).places).toEqual(places);
});

test("pages meet without a gap", async () => {
  const one = await list({ pageSize: 3 });
  const two = await list({ pageSize: 3, pageToken: one.nextPageToken });
  expect([...one.places, ...two.places, two.nextPageToken]).toEqual([3, 2, 1, 0, ""]);
});

test("a token of other filters, and an invented one, are refused", async () => {
  const { nextPageToken } = await list({ pageSize: 1 });
  for (const request of [{ pageToken: nextPageToken, email: "ada@example.com" }, { pageToken: "bm8" }]) {
    expect(await outcomeOf(list(request))).toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
  }
});

test("buyers list nothing", async () => {
  expect(await outcomeOf(shop.client.listOrders({}, buyerOf(buyers[0]?.cartId ?? "")))).toMatchObject({
    reason: "PERMISSION_DENIED",
  });
});

test.each([
  ["getOrder", {}],
  ["listOrderEvents", {}],
  ["setShippingMethod", { shippingMethodId: "rate_0" }],
  ["confirmPayment", {}],
] as const)("%s opens an order to its owner and to staff alone", async (rpc, more) => {
  const { orderId, cartId } = buyers[0]!;
  const call = (caller: object) => shop.client[rpc]({ orderId, ...more } as never, caller) as Promise<object>;
  expect(await outcomeOf(call({}))).toMatchObject({ reason: "UNAUTHENTICATED" });
  expect(await outcomeOf(call(as.guest("stranger")))).toMatchObject({ reason: "NOT_OWNER" });
  await call(buyerOf(cartId));
  await call(as.staff);
  const unknown = shop.client[rpc]({ orderId: "ord_none", ...more } as never, as.staff);
  expect(await outcomeOf(unknown)).toMatchObject({ reason: "ORDER_NOT_FOUND" });
});

test("SettlePayment is for services, of orders that are there; without a payment it changes nothing", async () => {
  const { orderId, cartId } = buyers[0]!;
  for (const caller of [as.staff, buyerOf(cartId)]) {
    expect(await outcomeOf(shop.client.settlePayment({ orderId }, caller))).toMatchObject({
      reason: "PERMISSION_DENIED",
    });
  }
  const service = as.service("payment");
  expect(await outcomeOf(shop.client.settlePayment({ orderId: "ord_none" }, service))).toMatchObject({
    reason: "ORDER_NOT_FOUND",
  });
  const before = await buyers[0]?.get();
  expect(await shop.client.settlePayment({ orderId }, service)).toEqual(before);
});

test("the timeline tells what happened, with its facts, in order", async () => {
  const { orderId, cartId } = buyers[2]!;
  const { events } = await shop.client.listOrderEvents({ orderId }, buyerOf(cartId));
  const payment_id = await buyers[2]!.paymentId();
  expect(events.map(({ kind, data }) => [kind, data])).toEqual([
    ["placed", { cart_id: cartId }],
    ["shipping_method_set", { shipping_method_id: "rate_0" }],
    ["payment_started", { payment_id, method: "card" }],
    ["paid", { payment_id }],
  ]);
  expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted((a, b) => Number(a - b)));
});

test("a shipping method adds its price; choosing it again changes nothing, another one replaces it", async () => {
  const buyer = await shop.ready();
  const chosen = await buyer.get();
  expect(chosen).toMatchObject({
    shippingMethodId: "rate_0",
    shippingTotal: { amount: 500n },
    total: { amount: 2500n },
  });
  expect(await buyer.choose("rate_0")).toEqual(chosen);
  expect(await buyer.choose("rate_1")).toMatchObject({
    shippingMethodId: "rate_1",
    total: { amount: 3200n },
  });
  expect(await outcomeOf(buyer.choose("rate_9"))).toMatchObject({
    reason: "SHIPPING_METHOD_NOT_FOUND",
    metadata: {
      order_id: buyer.orderId,
      shipping_method_id: "rate_9",
    },
  });
  await buyer.pay();
  expect(await outcomeOf(buyer.choose("rate_0"))).toMatchObject({
    reason: "ORDER_NOT_PENDING",
    metadata: { order_id: buyer.orderId, state: "PAID" },
  });
  expect((await buyer.events()).filter((kind) => kind === "shipping_method_set")).toHaveLength(2);
});
