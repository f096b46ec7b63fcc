import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, holds, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const paid = { state: "PAID", goods: ["COMMITTED"], taken: 2500n, open: false };
const visa = { method: { case: "card", value: { paymentMethod: "pm_card_visa" } } } as const;
const unpaid = { state: "PENDING_PAYMENT", goods: ["HELD"], taken: 0n, open: false };

test("a card is authorized, the goods committed, and only then is the money taken", async () => {
  const buyer = await shop.ready();
  shop.wire.clear();
  const order = await buyer.pay();
  expect(order).toMatchObject({
    state: Order_State.PAID,
    payment: { state: OrderPayment_State.CAPTURED, method: "card", clientSecret: "" },
  });
  const id = order.payment?.id;
  expect(shop.wire.calls).toEqual([
    `payments.create ${id}`,
    `inventory.commit ${order.id}`,
    `payments.capture ${id}`,
  ]);
  expect(await buyer.holdings()).toEqual(paid);
  expect(shop.payments.of(order.id)[0]?.amount).toMatchObject(money("USD", 2500n));
  expect(shop.jobs).toEqual([{ queue: "order.fulfill", data: { orderId: order.id } }]);
  expect(await buyer.events()).toEqual(["placed", "shipping_method_set", "payment_started", "paid"]);
});

test("a declined card leaves the order as it was; a good one pays it", async () => {
  const buyer = await shop.ready();
  expect(await outcomeOf(buyer.pay("pm_declined"))).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: {
      decline_code: "insufficient_funds",
      decline_message: "Too little.",
    },
  });
  expect(await buyer.holdings()).toEqual(unpaid);
  expect((await buyer.get()).payment).toMatchObject({
    state: OrderPayment_State.FAILED,
    declineCode: "insufficient_funds",
  });
  await buyer.pay();
  expect(await buyer.holdings()).toEqual(paid);
});

test("a method that the provider does not know leaves the order payable", async () => {
  const buyer = await shop.ready();
  for (let time = 0; time < 2; time++) {
    expect(await outcomeOf(buyer.pay("pm_unknown", "k"))).toMatchObject({
      reason: "PAYMENT_METHOD_INVALID",
      metadata: {
        provider_message: "No such PaymentMethod.",
      },
    });
  }
  expect((await buyer.get()).payment).toMatchObject({
    state: OrderPayment_State.FAILED,
    declineCode: "invalid_payment_method",
  });
  await buyer.pay();
  expect(await buyer.holdings()).toEqual(paid);
});

test("3-D Secure: the buyer is asked, and ConfirmPayment goes on", async () => {
  const buyer = await shop.ready();
  const asked = await buyer.pay("pm_3ds");
  expect(asked).toMatchObject({
    state: Order_State.PENDING_PAYMENT,
    payment: {
      state: OrderPayment_State.REQUIRES_ACTION,
      clientSecret: "secret",
      redirectUrl: "https://bank.test/3ds",
    },
  });
  expect((await buyer.confirm()).state).toBe(Order_State.PENDING_PAYMENT);
  shop.payments.set(asked.payment?.id ?? "", "AUTHORIZED", { clientSecret: "", redirectUrl: "" });
  const order = await buyer.confirm();
  expect(order).toMatchObject({ state: Order_State.PAID, payment: { clientSecret: "", redirectUrl: "" } });
  expect(await buyer.confirm()).toEqual(order);
  expect(await buyer.holdings()).toEqual(paid);
});

test("3-D Secure that fails is a decline, and the order can be paid otherwise", async () => {
  const buyer = await shop.ready();
  const asked = await buyer.pay("pm_3ds");
  shop.payments.set(asked.payment?.id ?? "", "FAILED", { declineCode: "authentication_failure" });
  expect(await outcomeOf(buyer.confirm())).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: { decline_code: "authentication_failure" },
  });
  expect((await buyer.confirm()).payment?.state).toBe(OrderPayment_State.FAILED);
  await buyer.pay();
  expect(await buyer.holdings()).toEqual(paid);
});

test("a buyer who is asked may take another card: the first attempt is canceled before", async () => {
  const buyer = await shop.ready();
  const asked = await buyer.pay("pm_3ds");
  shop.wire.clear();
  await buyer.pay();
  expect(shop.wire.calls.map((call) => call.split(" ")[0])).toEqual([
    "payments.cancel",
    "payments.create",
    "inventory.commit",
    "payments.capture",
  ]);
  expect(shop.wire.calls[0]).toBe(`payments.cancel ${asked.payment?.id}`);
  expect(await buyer.holdings()).toEqual(paid);
});

test("a hold that ends while an earlier attempt is given up is HOLD_EXPIRED, and nothing is begun", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  shop.wire.before.set("payments.cancel", () => shop.advance(holds.unpaidMs + 1000));
  expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "HOLD_EXPIRED" });
  expect(shop.payments.of(buyer.orderId)).toHaveLength(1);
});

test.each([
  ["ORDER_NOT_FOUND", async () => shop.client.payOrder({ orderId: "ord_none", ...visa }, as.staff)],
  [
    "NOT_OWNER",
    async () =>
      shop.client.payOrder({ orderId: (await shop.ready()).orderId, ...visa }, as.guest("stranger")),
  ],
  [
    "SHIPPING_METHOD_MISSING",
    async () => {
      const { id } = await shop.place(shop.cart());
      return shop.client.payOrder({ orderId: id, ...visa }, as.staff);
    },
  ],
  [
    "ORDER_NOT_PENDING",
    async () => {
      const buyer = await shop.ready();
      await buyer.pay();
      return buyer.pay();
    },
  ],
  [
    "HOLD_EXPIRED",
    async () => {
      const buyer = await shop.ready();
      shop.advance(holds.unpaidMs + 1000);
      return buyer.pay();
    },
  ],
] as const)("PayOrder fails with %s before anybody is asked for money", async (reason, pay) => {
  expect(await outcomeOf(pay())).toMatchObject({ reason });
  const created = shop.wire.calls.filter((call) => call.startsWith("payments.create"));
  // The order that is not pending was paid before.
  expect(created).toHaveLength(reason === "ORDER_NOT_PENDING" ? 1 : 0);
});

test.each(["4242424242424242", "", "pm_"])("%j is no payment method", async (paymentMethod) => {
  const buyer = await shop.ready();
  expect(await outcomeOf(buyer.pay(paymentMethod))).toMatchObject({ reason: "INVALID_ARGUMENT" });
});

test("N calls at once with different keys: one attempt, and the money is taken once", async () => {
  const buyer = await shop.ready();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => buyer.pay("pm_card_visa", `k${i}`)),
  );
  const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [reasonOf(each.reason)] : []));
  expect(reasons).toHaveLength(9);
  for (const reason of reasons) expect(["PAYMENT_IN_PROGRESS", "ORDER_NOT_PENDING"]).toContain(reason);
  expect(shop.payments.of(buyer.orderId)).toHaveLength(1);
  expect(await buyer.holdings()).toEqual(paid);
  expect(shop.jobs).toHaveLength(1);
});

test("the same key 10 times at once: one attempt, one answer", async () => {
  const buyer = await shop.ready();
  const orders = await Promise.all(Array.from({ length: 10 }, () => buyer.pay("pm_card_visa", "k")));
  for (const order of orders) expect(order).toMatchObject({ id: buyer.orderId, state: Order_State.PAID });
  expect(new Set(orders.map((order) => order.payment?.id)).size).toBe(1);
  expect(shop.payments.of(buyer.orderId)).toHaveLength(1);
  expect(shop.jobs).toHaveLength(1);
});

test("the same key 10 times at once for a declined card: all hear of the decline, one attempt", async () => {
  const buyer = await shop.ready();
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => buyer.pay("pm_declined", "k")));
  for (const each of outcomes) {
    expect(each.status === "rejected" && reasonOf(each.reason)).toBe("PAYMENT_DECLINED");
  }
  expect(shop.payments.of(buyer.orderId)).toHaveLength(1);
});

test.each([
  ["paid", "pm_card_visa"],
  ["waiting for the buyer", "pm_3ds"],
])("the same key again answers the same: %s", async (_what, source) => {
  const buyer = await shop.ready();
  const first = await buyer.pay(source, "k");
  expect(await buyer.pay(source, "k")).toEqual(first);
  expect(shop.payments.of(buyer.orderId)).toHaveLength(1);
});

test("the key of a declined attempt is declined again, whatever came later", async () => {
  const buyer = await shop.ready();
  expect(await outcomeOf(buyer.pay("pm_declined", "k"))).toMatchObject({ reason: "PAYMENT_DECLINED" });
  await buyer.choose("rate_1");
  expect(await outcomeOf(buyer.pay("pm_declined", "k"))).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: {
      decline_code: "insufficient_funds",
    },
  });
  await buyer.pay("pm_3ds", "k2");
  expect(await outcomeOf(buyer.pay("pm_declined", "k"))).toMatchObject({
    reason: "PAYMENT_DECLINED",
    metadata: {
      decline_code: "insufficient_funds",
    },
  });
  expect(shop.payments.of(buyer.orderId)).toHaveLength(2);
  expect(shop.payments.isOpen(buyer.orderId)).toBe(true);
});

test("the key of an attempt that was given up starts nothing and gives the order as it is", async () => {
  const buyer = await shop.ready();
  await buyer.transfer("BCA_VA", "k");
  const asked = await buyer.pay("pm_3ds", "k2");
  shop.wire.clear();
  expect(await buyer.transfer("BCA_VA", "k")).toEqual(asked);
  expect(shop.wire.calls.map((call) => call.split(" ")[0])).toEqual(["payments.refresh"]);
});

test.each([
  ["another card", (buyer: Buyer) => buyer.pay("pm_else", "k")],
  ["another method", (buyer: Buyer) => buyer.transfer("BCA_VA", "k")],
])("the same key for %s is REQUEST_ID_REUSED", async (_what, again) => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds", "k");
  expect(await outcomeOf(again(buyer))).toMatchObject({
    reason: "REQUEST_ID_REUSED",
    metadata: { request_id: "k" },
  });
});

test("a key belongs to its order: another order's is another attempt", async () => {
  const [one, two] = [await shop.ready(), await shop.ready()];
  await one.pay("pm_card_visa", "k");
  expect((await two.pay("pm_card_visa", "k")).state).toBe(Order_State.PAID);
});

test("shipping cannot change under a live attempt", async () => {
  const buyer = await shop.ready();
  await buyer.pay("pm_3ds");
  const payment_id = await buyer.paymentId();
  expect(await outcomeOf(buyer.choose("rate_1"))).toMatchObject({
    reason: "PAYMENT_IN_PROGRESS",
    metadata: { payment_id },
  });
});

test("what was chosen while an attempt began is what is paid", async () => {
  for (let round = 0; round < 5; round++) {
    const buyer = await shop.ready();
    await Promise.allSettled([buyer.choose("rate_1"), buyer.pay()]);
    const { total } = await buyer.get();
    expect(shop.payments.takenFor(buyer.orderId)).toBe(total?.amount);
  }
});

test("a provider that is away leaves the attempt in the works; the sweep finishes it", async () => {
  const buyer = await shop.ready();
  shop.wire.after.set("payments.create", away);
  expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.PROCESSING);
  expect(await outcomeOf(buyer.pay())).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
  expect(await outcomeOf(buyer.cancel())).toMatchObject({ reason: "PAYMENT_IN_PROGRESS" });
  shop.wire.clear();
  await shop.sweep();
  expect(await buyer.state()).toBe("PENDING_PAYMENT");
  shop.advance(61_000);
  await shop.sweep();
  expect(await buyer.holdings()).toEqual(paid);
  expect((await buyer.pay("pm_card_visa", "k")).state).toBe(Order_State.PAID);
});

test("a repeated call finishes it, too, and so does ConfirmPayment", async () => {
  for (const finish of ["pay", "confirm"] as const) {
    const buyer = await shop.ready();
    shop.wire.after.set("payments.create", away);
    expect(await outcomeOf(buyer.pay("pm_card_visa", "k"))).toMatchObject({ reason: "PROVIDER_UNAVAILABLE" });
    shop.wire.clear();
    await (finish === "pay" ? buyer.pay("pm_card_visa", "k") : buyer.confirm());
    expect(await buyer.holdings()).toEqual(paid);
  }
});

test("an order that costs nothing is paid by committing its goods; no provider is asked", async () => {
  shop.shipping.prices = [0];
  const buyer = await shop.ready({ lines: { GIFT: { quantity: 1, cents: 0 } } });
  const order = await buyer.pay("pm_card_visa", "k");
  expect(order.state).toBe(Order_State.PAID);
  expect(order.payment).toBeUndefined();
  expect(await buyer.pay("pm_card_visa", "k")).toEqual(order);
  expect(await buyer.holdings()).toEqual({ state: "PAID", goods: ["COMMITTED"], taken: 0n, open: false });
  expect(shop.jobs).toHaveLength(1);
});
