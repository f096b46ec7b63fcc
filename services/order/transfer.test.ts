import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { Payment_State } from "../../gen/rowlock/payment/v1/payment_pb.js";
import { money } from "../../lib/money/money.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const paid = { state: "PAID", goods: ["COMMITTED"], taken: 2500n, open: false };

test("instructions go out, by answer and by message, and the goods are held beyond the deadline", async () => {
  const buyer = await shop.ready();
  const order = await buyer.transfer();
  const { payment } = order;
  expect(payment).toMatchObject({
    state: OrderPayment_State.AWAITING_TRANSFER,
    method: "BCA_VA",
    transfer: { bank: "BCA_VA", accountNumber: "8800000000000001", amount: { amount: 2500n } },
  });
  expect(payment?.transfer?.reference).toMatch(/^RL/);
  const deadline = payment?.transfer?.deadline ? timestampMs(payment.transfer.deadline) : 0;
  const held = shop.inventory.reservations.get(order.id)?.expireTime.getTime() ?? 0;
  expect(held - deadline).toBeGreaterThan(holds.transferSlackMs - 30_000);
  expect(order.holdExpireTime && timestampMs(order.holdExpireTime)).toBeGreaterThan(deadline);
  expect(shop.jobs).toEqual([
    { queue: "order.instruct", data: { orderId: order.id, paymentId: payment?.id } },
  ]);
  await shop.work();
  expect(shop.notify.told.get(`${order.id}:instructions:${payment?.id}`)).toBe("PAYMENT_INSTRUCTIONS");
  expect(await buyer.events()).toEqual([
    "placed",
    "shipping_method_set",
    "payment_started",
    "payment_pending",
  ]);
});

test("the goods are held longer before the buyer learns where to pay", async () => {
  const buyer = await shop.ready();
  shop.wire.clear();
  await buyer.transfer();
  expect(shop.wire.calls.map((call) => call.split(" ")[0])).toEqual(["inventory.extend", "payments.create"]);
});

test("a bank that is not named is BANK_TRANSFER", async () => {
  const buyer = await shop.ready();
  expect((await buyer.transfer("")).payment?.method).toBe("BANK_TRANSFER");
});

test("the order outlives its first hold, and the money's arrival pays it", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.advance(holds.transferMs - 1000);
  await shop.sweep();
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  expect((await buyer.settle()).state).toBe(Order_State.PAID);
  expect(await buyer.holdings()).toEqual(paid);
  expect(shop.jobs.at(-1)?.queue).toBe("order.fulfill");
});

test("SettlePayment 10 times at once pays once", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.jobs.length = 0;
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  const orders = await Promise.all(Array.from({ length: 10 }, () => buyer.settle()));
  for (const order of orders) expect(order.state).toBe(Order_State.PAID);
  expect(shop.jobs).toEqual([{ queue: "order.fulfill", data: { orderId: buyer.orderId } }]);
});

test("a rejected transfer cancels the order; the goods go back and the buyer is told why", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.payments.set(await buyer.paymentId(), "FAILED", {
    declineCode: "rejected",
    declineMessage: "no money came",
  });
  for (let time = 0; time < 2; time++) {
    expect(await buyer.settle()).toMatchObject({
      state: Order_State.CANCELED,
      cancelReason: "no money came",
      payment: { state: OrderPayment_State.FAILED, declineCode: "rejected" },
    });
  }
  expect(await buyer.holdings()).toEqual({ state: "CANCELED", goods: ["RELEASED"], taken: 0n, open: false });
  expect((await buyer.events()).slice(-2)).toEqual(["payment_failed", "canceled"]);
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED"]);
});

test("a transfer that was rejected under another name has a reason all the same", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.payments.set(await buyer.paymentId(), "FAILED");
  expect((await buyer.settle()).cancelReason).toBe("the transfer was rejected");
});

test("from transfer to card: the transfer is canceled before the card is asked", async () => {
  const buyer = await shop.ready();
  const { payment } = await buyer.transfer();
  shop.wire.clear();
  await buyer.pay();
  expect(shop.wire.calls.map((call) => call.split(" ")[0])).toEqual([
    "payments.cancel",
    "payments.create",
    "inventory.commit",
    "payments.capture",
  ]);
  expect(shop.wire.calls[0]).toBe(`payments.cancel ${payment?.id}`);
  expect(await buyer.holdings()).toEqual(paid);
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED"]);
});

test("asking for the order while its transfer is being given up does not cancel it", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  // The process dies between the two halves of giving up.
  shop.wire.after.set("payments.cancel", away);
  expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  expect(await buyer.confirm()).toMatchObject({
    state: Order_State.PENDING_PAYMENT,
    payment: { state: OrderPayment_State.FAILED },
  });
  await buyer.pay();
  expect(await buyer.holdings()).toEqual(paid);
});

test("a card for a transfer that has just arrived is PAYMENT_IN_PROGRESS; the transfer pays", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  shop.payments.set(paymentId, "CAPTURED");
  expect(await outcomeOf(buyer.pay())).toMatchObject({
    reason: "PAYMENT_IN_PROGRESS",
    metadata: { order_id: buyer.orderId, payment_id: paymentId },
  });
  await buyer.settle();
  expect(await buyer.holdings()).toEqual(paid);
});

test("a hold that ended before the transfer began: HOLD_EXPIRED, and the attempt does not hang", async () => {
  const buyer = await shop.ready();
  shop.wire.before.set("inventory.extend", (id) => {
    const reservation = shop.inventory.reservations.get(id);
    if (reservation !== undefined) reservation.state = "EXPIRED";
  });
  expect(await outcomeOf(buyer.transfer())).toMatchObject({ reason: "HOLD_EXPIRED" });
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.FAILED);
  expect(shop.payments.of(buyer.orderId)).toEqual([]);
});

test("a call that died before the instructions were recorded is finished by the sweep", async () => {
  const buyer = await shop.ready();
  shop.wire.after.set("payments.create", away);
  expect(await outcomeOf(buyer.transfer())).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  shop.wire.clear();
  shop.advance(61_000);
  await shop.sweep();
  expect((await buyer.get()).payment).toMatchObject({
    state: OrderPayment_State.AWAITING_TRANSFER,
    transfer: { bank: "BCA_VA" },
  });
  expect(shop.jobs).toMatchObject([{ queue: "order.instruct", data: { orderId: buyer.orderId } }]);
});

test("money that comes when the goods are gone goes back at once, and the buyer is told", async () => {
  shop.inventory.onHand.set("SOLE", 1);
  const buyer = await shop.ready({ lines: { SOLE: { quantity: 1, cents: 2000 } } });
  await buyer.transfer();
  shop.advance(holds.transferMs + holds.transferSlackMs + 60_000);
  await shop.ready({ lines: { SOLE: { quantity: 1, cents: 2000 } } });
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  expect(await buyer.settle()).toMatchObject({
    state: Order_State.CANCELED,
    payment: { state: OrderPayment_State.REFUNDED },
  });
  expect(await buyer.holdings()).toEqual({ state: "CANCELED", goods: ["EXPIRED"], taken: 0n, open: false });
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED", "REFUNDED"]);
  expect((await buyer.events()).slice(-2)).toEqual(["canceled", "refunded"]);
});

test("money that comes when the hold is over and the goods are there pays the order", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  shop.advance(holds.transferMs + holds.transferSlackMs + 60_000);
  shop.inventory.expireDue();
  shop.payments.set(await buyer.paymentId(), "CAPTURED");
  expect((await buyer.settle()).state).toBe(Order_State.PAID);
  expect(await buyer.holdings()).toEqual({ ...paid, goods: ["EXPIRED", "COMMITTED"] });
});

test("confirm by staff and cancel by the buyer at once: paid and kept, or canceled and given back", async () => {
  for (let round = 0; round < 10; round++) {
    const buyer = await shop.ready();
    await buyer.transfer();
    shop.payments.set(await buyer.paymentId(), "CAPTURED");
    await Promise.allSettled([buyer.settle(), buyer.cancel()]);
    await shop.work();
    const holdings = await buyer.holdings();
    const back = { state: "CANCELED", taken: 0n, open: false };
    expect([
      { ...paid, state: "FULFILLED" },
      // Canceled, and made good for the money that was there.
      { ...paid, state: "FULFILLED", goods: ["RELEASED", "COMMITTED"] },
      { ...back, goods: ["RELEASED"] },
      { ...back, goods: ["RESTOCKED"] },
    ]).toContainEqual(holdings);
  }
});

/** What has come of a payment by bank transfer. */
const came = (amount: bigint) => ({ received: money("USD", amount) });

test("a part that has come is shown, and the order waits for the rest", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  expect((await buyer.get()).payment?.transfer).toMatchObject({
    received: { amount: 0n },
    missing: { amount: 2500n },
  });
  for (const amount of [1000n, 1000n, 2000n]) {
    shop.payments.set(paymentId, "AWAITING_TRANSFER", came(amount));
    const settled = await buyer.settle();
    expect(settled.state).toBe(Order_State.PENDING_PAYMENT);
    expect(settled.payment?.transfer).toMatchObject({
      received: { amount },
      missing: { amount: 2500n - amount },
    });
  }
  const events = await buyer.events();
  expect(events.filter((kind) => kind === "part_paid")).toHaveLength(2);
  // Learned late: less than is known.
  shop.payments.set(paymentId, "AWAITING_TRANSFER", came(1000n));
  expect((await buyer.settle()).payment?.transfer?.received?.amount).toBe(2000n);
  shop.payments.set(paymentId, "CAPTURED");
  expect((await buyer.settle()).payment?.transfer).toMatchObject({ missing: { amount: 0n } });
  expect(await buyer.holdings()).toEqual(paid);
});

test("parts at once: the greatest is shown", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  const settled = [500n, 1500n, 1000n].map((amount) => {
    shop.payments.set(paymentId, "AWAITING_TRANSFER", came(amount));
    return buyer.settle();
  });
  await Promise.all(settled);
  shop.payments.set(paymentId, "AWAITING_TRANSFER", came(1500n));
  expect((await buyer.settle()).payment?.transfer?.received?.amount).toBe(1500n);
});

test("an order whose transfer staff rejected when a part had come is canceled; the buyer hears of both", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const back = {
    ...came(400n),
    refunded: money("USD", 400n),
    declineCode: "rejected",
    declineMessage: "too late",
  };
  shop.payments.set(await buyer.paymentId(), "REFUNDED", back);
  const order = await buyer.settle();
  expect(order).toMatchObject({ state: Order_State.CANCELED, cancelReason: "too late" });
  expect(order.payment?.state).toBe(OrderPayment_State.REFUNDED);
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(expect.arrayContaining(["CANCELED"]));
  expect(await buyer.events()).toContain("refunded");
});

test("who pays otherwise when a part has come gets that back", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  shop.payments.set(paymentId, "AWAITING_TRANSFER", came(400n));
  await buyer.settle();
  expect((await buyer.pay()).state).toBe(Order_State.PAID);
  expect(shop.payments.payments.get(paymentId)?.state).toBe(Payment_State.REFUNDED);
  expect(await buyer.events()).toContain("refunded");
});
