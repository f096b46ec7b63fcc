import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Order } from "../../gen/rowlock/order/v1/order_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, buyerOf, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

type Call = (buyer: Buyer, requestId: string) => Promise<Order>;

const choose =
  (shippingMethodId: string): Call =>
  ({ orderId, cartId }, requestId) =>
    shop.client.setShippingMethod({ orderId, shippingMethodId, requestId }, buyerOf(cartId));
const cancel =
  (reason: string): Call =>
  ({ orderId, cartId }, requestId) =>
    shop.client.cancelOrder({ orderId, reason, requestId }, buyerOf(cartId));
const confirm: Call = ({ orderId, cartId }, requestId) =>
  shop.client.confirmPayment({ orderId, requestId }, buyerOf(cartId));

/** What is called, and what changes the order afterwards. */
const calls: [string, Call, (buyer: Buyer) => Promise<unknown>][] = [
  ["SetShippingMethod", choose("rate_1"), (buyer) => buyer.choose("rate_0")],
  ["CancelOrder", cancel("one"), async () => undefined],
  ["ConfirmPayment", confirm, (buyer) => buyer.cancel()],
];

test.each(calls)(
  "%s with a key that was used: the first answer, no second effect",
  async (_what, call, after) => {
    const buyer = await shop.ready();
    const first = await call(buyer, "k");
    await after(buyer);
    const state = await buyer.get();
    expect(await call(buyer, "k")).toEqual(first);
    expect(await buyer.get()).toEqual(state);
  },
);

test.each(calls)("%s ten times at once with one key: one effect, one answer", async (_what, call) => {
  const buyer = await shop.ready();
  const before = (await buyer.events()).length;
  const answers = await Promise.all(Array.from({ length: 10 }, () => call(buyer, "k")));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect((await buyer.events()).length - before).toBeLessThanOrEqual(1);
});

test.each<[string, Call, Call]>([
  ["SetShippingMethod", choose("rate_1"), choose("rate_0")],
  ["CancelOrder", cancel("one"), cancel("two")],
])(
  "%s with the key of another request is REQUEST_ID_REUSED, another caller's key is not",
  async (_, call, other) => {
    const [buyer, another] = [await shop.ready(), await shop.ready()];
    await call(buyer, "k");
    expect(await outcomeOf(other(buyer, "k"))).toMatchObject({
      reason: "REQUEST_ID_REUSED",
      metadata: { request_id: "k" },
    });
    expect((await call(another, "k")).id).toBe(another.orderId);
  },
);

test("a key of staff belongs to one order", async () => {
  const [one, two] = [await shop.ready(), await shop.ready()];
  await shop.client.confirmPayment({ orderId: one.orderId, requestId: "k" }, as.staff);
  const reused = shop.client.confirmPayment({ orderId: two.orderId, requestId: "k" }, as.staff);
  expect(await outcomeOf(reused)).toMatchObject({ reason: "REQUEST_ID_REUSED" });
});

test("a refusal is not kept", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  expect(await outcomeOf(cancel("one")(buyer, "k"))).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
  expect(await outcomeOf(choose("rate_1")(buyer, "k"))).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
  shop.payments.set(await buyer.paymentId(), "FAILED", { declineCode: "do_not_honor" });
  await buyer.settle();
  expect((await choose("rate_1")(buyer, "k")).shippingMethodId).toBe("rate_1");
  expect((await cancel("one")(buyer, "k")).cancelReason).toBe("one");
});

test("a stranger with the key is still a stranger", async () => {
  const buyer = await shop.ready();
  await cancel("one")(buyer, "k");
  const stranger = shop.client.cancelOrder({ orderId: buyer.orderId, requestId: "k" }, as.guest("stranger"));
  expect(await outcomeOf(stranger)).toMatchObject({ reason: "NOT_OWNER" });
});
