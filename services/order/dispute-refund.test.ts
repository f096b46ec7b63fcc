import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { Dispute_Status, DisputeSchema } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const { NEEDS_RESPONSE, WON, LOST } = Dispute_Status;
const paymentOf = async (buyer: Buyer) => {
  const payment = shop.payments.payments.get(await buyer.paymentId());
  if (payment === undefined) throw new Error("it is not paid");
  return payment;
};
const wholeOf = async (buyer: Buyer) => (await paymentOf(buyer)).amount?.amount ?? 0n;
/** How the dispute stands, and what the bank has for it. */
async function stand(buyer: Buyer, { status, withdrawn }: { status: Dispute_Status; withdrawn: bigint }) {
  const amount = money("USD", withdrawn);
  const disputes = [
    create(DisputeSchema, { id: "dsp_1", reason: "fraudulent", status, amount, withdrawn: amount }),
  ];
  shop.payments.set(await buyer.paymentId(), "CAPTURED", { disputes });
}
/** A canceled order, all of whose money the bank has taken. */
async function disputed(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  await stand(buyer, { status: NEEDS_RESPONSE, withdrawn: await wholeOf(buyer) });
  expect((await buyer.cancel()).state).toBe(Order_State.CANCELED);
  await shop.work();
  return buyer;
}
const paymentState = async (buyer: Buyer) => (await buyer.get()).payment?.state;
const next = async ({ orderId }: Buyer) => (await shop.client.explainOrder({ orderId }, as.staff)).next;
const told = ({ orderId }: Buyer) => shop.notify.toldOf(orderId);

test("it waits for the bank, and no job fails for it", async () => {
  const buyer = await disputed();
  expect(await paymentState(buyer)).toBe(OrderPayment_State.CAPTURED);
  expect(shop.jobs).toEqual([]);
  expect(await next(buyer)).toContain("dispute");
  expect(told(buyer)).toEqual(["CANCELED"]);
});

test("won: the refund goes on by itself, once, and the buyer is told", async () => {
  const buyer = await disputed();
  await stand(buyer, { status: WON, withdrawn: 0n });
  for (let time = 0; time < 3; time++) await buyer.settle();
  await shop.work();
  expect(await paymentState(buyer)).toBe(OrderPayment_State.REFUNDED);
  expect((await paymentOf(buyer)).refunds).toMatchObject([{ amount: { amount: await wholeOf(buyer) } }]);
  expect(told(buyer)).toEqual(["CANCELED", "REFUNDED"]);
  expect(await next(buyer)).toBe("");
});

test("won, and N learn of it at once: one refund", async () => {
  const buyer = await disputed();
  await stand(buyer, { status: WON, withdrawn: 0n });
  await Promise.all(Array.from({ length: 8 }, () => buyer.settle()));
  expect((await paymentOf(buyer)).refunds).toHaveLength(1);
});

test("lost: the bank has given the money back, nothing more is to come", async () => {
  const buyer = await disputed();
  await stand(buyer, { status: LOST, withdrawn: await wholeOf(buyer) });
  for (let time = 0; time < 2; time++) await buyer.settle();
  await shop.work();
  expect(await paymentState(buyer)).toBe(OrderPayment_State.REFUNDED);
  expect((await paymentOf(buyer)).refunds).toEqual([]);
  expect(shop.jobs).toEqual([]);
  expect(told(buyer)).toEqual(["CANCELED"]);
  expect(await next(buyer)).toBe("");
});

test("of a dispute about a part the rest goes back at once, and the part when it is won", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  const whole = await wholeOf(buyer);
  const back = async () => (await paymentOf(buyer)).refunds.map(({ amount }) => amount?.amount);
  await stand(buyer, { status: NEEDS_RESPONSE, withdrawn: 500n });
  await buyer.cancel();
  await shop.work();
  expect(await back()).toEqual([whole - 500n]);
  expect(await paymentState(buyer)).toBe(OrderPayment_State.CAPTURED);
  await stand(buyer, { status: WON, withdrawn: 0n });
  for (let time = 0; time < 2; time++) await buyer.settle();
  expect(await back()).toEqual([whole - 500n, 500n]);
  expect(await paymentState(buyer)).toBe(OrderPayment_State.REFUNDED);
});

test("lost about a part, the rest of which went back before: nothing more is to come", async () => {
  const buyer = await shop.ready();
  await buyer.pay();
  await stand(buyer, { status: NEEDS_RESPONSE, withdrawn: 500n });
  await buyer.cancel();
  await stand(buyer, { status: LOST, withdrawn: 500n });
  for (let time = 0; time < 2; time++) await buyer.settle();
  expect(await paymentState(buyer)).toBe(OrderPayment_State.REFUNDED);
  expect((await paymentOf(buyer)).refunds).toHaveLength(1);
});
