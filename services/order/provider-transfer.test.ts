import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { expectReason } from "../../lib/testing/failures.ts";
import { germanAccount } from "./testing/fake-payments.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

/** An order that waits for a transfer which the payment provider takes. */
async function waiting(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.transfer("SEPA");
  return buyer;
}
const next = async ({ orderId }: Buyer) => (await shop.client.explainOrder({ orderId }, as.staff)).next;

test("the buyer is shown the provider's account", async () => {
  const order = await (await waiting()).get();
  expect(order.payment).toMatchObject({
    state: OrderPayment_State.AWAITING_TRANSFER,
    transfer: { bank: "SEPA", bankAccount: germanAccount },
  });
});

test("a transfer to the shop's own account has none", async () => {
  const buyer = await shop.ready();
  expect((await buyer.transfer()).payment?.transfer?.bankAccount).toBeUndefined();
});

test("ExplainOrder says who takes it", async () => {
  expect(await next(await waiting())).toContain("the payment provider takes");
});

test("a method that the provider does not take is refused, and the buyer pays otherwise", async () => {
  const buyer = await shop.ready();
  const why = { provider_message: "no transfers in USD" };
  await expectReason(buyer.transfer("NO_SEPA"), "PAYMENT_METHOD_INVALID", why);
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.FAILED);
  expect((await buyer.pay()).state).toBe(Order_State.PAID);
});

test("one that never began, as the sweep learns, leaves the order to be paid otherwise", async () => {
  const buyer = await waiting();
  shop.payments.set(await buyer.paymentId(), "FAILED", { declineCode: "not_started" });
  const order = await buyer.settle();
  expect(order).toMatchObject({
    state: Order_State.PENDING_PAYMENT,
    payment: { state: OrderPayment_State.FAILED },
  });
});

test("money of which nobody told is found by the sweep", async () => {
  await shop.drain();
  const own = await shop.ready();
  await own.transfer();
  const buyer = await waiting();
  const received = money("USD", 5n);
  shop.payments.set(await buyer.paymentId(), "AWAITING_TRANSFER", { received });
  shop.advance(61_000);
  expect(await shop.sweep()).toBe(1);
  expect((await buyer.get()).payment?.transfer?.received).toMatchObject({ amount: 5n });
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  shop.advance(301_000);
  await shop.sweep();
  expect(await buyer.state()).toContain("PAID");
});

test("what came too late goes back, and the buyer is told", async () => {
  const buyer = await waiting();
  await buyer.cancel();
  await shop.work();
  const paymentId = await buyer.paymentId();
  const amount = shop.payments.payments.get(paymentId)?.amount;
  if (amount !== undefined) shop.payments.set(paymentId, "REFUNDED", { received: amount, refunded: amount });
  await buyer.settle();
  await shop.work();
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.REFUNDED);
  expect(shop.notify.toldOf(buyer.orderId)).toContain("REFUNDED");
});
