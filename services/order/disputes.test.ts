import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { Dispute_Status, DisputeSchema } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

async function paid(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  return buyer;
}

/** The buyer disputes the payment, or the dispute moves on. */
async function dispute(buyer: Buyer, status: Dispute_Status): Promise<void> {
  const amount = money("USD", 2500n);
  const disputes = [create(DisputeSchema, { id: "dsp_1", reason: "fraudulent", status, amount })];
  shop.payments.set(await buyer.paymentId(), "CAPTURED", { disputes });
}
const disputed = async ({ orderId }: Buyer) => {
  const { events } = await shop.client.listOrderEvents({ orderId }, as.staff);
  return events.filter(({ kind }) => kind === "disputed").map(({ data }) => data);
};

test("each standing of a dispute is told by the timeline, once; the order stays as it is", async () => {
  const buyer = await paid();
  const { NEEDS_RESPONSE, LOST } = Dispute_Status;
  for (const status of [NEEDS_RESPONSE, NEEDS_RESPONSE, LOST]) {
    await dispute(buyer, status);
    expect((await buyer.settle()).state).toBe(Order_State.PAID);
  }
  const facts = {
    payment_id: await buyer.paymentId(),
    dispute_id: "dsp_1",
    reason: "fraudulent",
    amount: "2500 USD",
  };
  expect(await disputed(buyer)).toEqual([
    { ...facts, status: "NEEDS_RESPONSE" },
    { ...facts, status: "LOST" },
  ]);
});

test("N at once who learn of a dispute note it once", async () => {
  const buyer = await paid();
  await dispute(buyer, Dispute_Status.NEEDS_RESPONSE);
  await Promise.all(Array.from({ length: 10 }, () => buyer.settle()));
  expect(await disputed(buyer)).toHaveLength(1);
});

test("a dispute of a payment whose order does not know yet that it is paid is noted, too", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_slow");
  await dispute(buyer, Dispute_Status.NEEDS_RESPONSE);
  expect((await buyer.settle()).state).toBe(Order_State.PAID);
  expect(await disputed(buyer)).toHaveLength(1);
});

test("ExplainOrder tells of a dispute where it tells of its payment", async () => {
  const buyer = await paid();
  await dispute(buyer, Dispute_Status.UNDER_REVIEW);
  const payment = shop.payments.payments.get(await buyer.paymentId());
  for (const each of payment?.disputes ?? []) each.createTime = timestampFromMs(shop.now().getTime());
  const { timeline } = await shop.client.explainOrder({ orderId: buyer.orderId }, as.staff);
  expect(timeline.filter(({ subject }) => subject === "dsp_1")).toMatchObject([
    { kind: "disputed", data: { status: "UNDER_REVIEW", payment_id: await buyer.paymentId() } },
  ]);
});

test("money that the bank has taken back is not refunded, and the refund is forgotten", async () => {
  const buyer = await paid();
  const metadata = { payment_id: await buyer.paymentId(), refundable: "0", currency_code: "USD" };
  shop.wire.before.set("payments.refund", () => {
    throw refuse("PAYMENT_DISPUTED", metadata);
  });
  const request = { orderId: buyer.orderId, requestId: "back" };
  expect(await outcomeOf(shop.client.refundOrder(request, as.staff))).toMatchObject({
    reason: "PAYMENT_DISPUTED",
    metadata: { order_id: buyer.orderId, ...metadata },
  });
  expect((await buyer.get()).refunds).toEqual([]);
  // Won: the same call gives it back.
  shop.wire.clear();
  expect((await shop.client.refundOrder(request, as.staff)).refunds).toHaveLength(1);
});
