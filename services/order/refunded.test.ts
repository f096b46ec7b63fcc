import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State, OrderPayment_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { money } from "../../lib/money/money.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const shipmentOf = ({ orderId }: Buyer) => orderId.replace("ord_", "shp_");
const refundedKey = async (buyer: Buyer) => `${buyer.orderId}:refunded:${await buyer.paymentId()}`;

async function paid(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  return buyer;
}

/** Staff give back all of an order's money. */
async function refund(buyer: Buyer): Promise<void> {
  shop.payments.set(await buyer.paymentId(), "REFUNDED");
}

test("an order whose money staff gave back is canceled, its goods restocked, its buyer told; nothing is shipped", async () => {
  const buyer = await paid();
  await refund(buyer);
  for (let time = 0; time < 2; time++) {
    expect(await buyer.settle()).toMatchObject({
      state: Order_State.CANCELED,
      cancelReason: "the payment was refunded",
      payment: { state: OrderPayment_State.REFUNDED },
    });
  }
  expect(await buyer.holdings()).toEqual({ state: "CANCELED", goods: ["RESTOCKED"], taken: 0n, open: false });
  expect((await buyer.events()).slice(-2)).toEqual(["refunded", "canceled"]);
  await shop.work();
  expect(shop.shipping.sold).not.toContain(shipmentOf(buyer));
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["REFUNDED"]);
  expect(shop.notify.told.get(await refundedKey(buyer))).toBe("REFUNDED");
});

test("an order that has its label stays FULFILLED, and shows that its money went back", async () => {
  const buyer = await paid();
  await shop.work();
  await refund(buyer);
  expect(await buyer.settle()).toMatchObject({
    state: Order_State.FULFILLED,
    payment: { state: OrderPayment_State.REFUNDED },
  });
  await shop.work();
  expect(await buyer.holdings()).toMatchObject({ state: "FULFILLED", goods: ["COMMITTED"] });
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED", "REFUNDED"]);
});

test.each([
  ["was bought", away, "FULFILLED", "COMMITTED"],
  [
    "the carrier refused",
    () => {
      throw refuse("LABEL_REFUSED", {});
    },
    "CANCELED",
    "RESTOCKED",
  ],
] as const)("refunded while its label was being bought, which %s", async (_what, hook, state, goods) => {
  const buyer = await paid();
  // The label's answer is lost, or it is refused; meanwhile the money goes back.
  const hooks = state === "FULFILLED" ? shop.wire.after : shop.wire.before;
  hooks.set("shipping.buy", async (id) => {
    await refund(buyer);
    await buyer.settle();
    return hook(id);
  });
  await shop.work();
  shop.wire.clear();
  await shop.work();
  expect(await buyer.holdings()).toMatchObject({ state, goods: [goods], taken: 0n });
  expect((await buyer.get()).payment?.state).toBe(OrderPayment_State.REFUNDED);
  expect(shop.shipping.sold.includes(shipmentOf(buyer))).toBe(state === "FULFILLED");
  expect(shop.notify.told.get(await refundedKey(buyer))).toBe("REFUNDED");
  expect(shop.jobs).toEqual([]);
});

test("refund and ship at once: shipped, or canceled and restocked", async () => {
  for (let round = 0; round < 10; round++) {
    const buyer = await paid();
    await refund(buyer);
    const later = async () => {
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      await shop.work();
    };
    await Promise.allSettled([buyer.settle(), later()]);
    await shop.work();
    const { state, goods } = await buyer.holdings();
    const sold = shop.shipping.sold.includes(shipmentOf(buyer));
    expect([state, goods, sold]).toEqual(
      state === "CANCELED" ? ["CANCELED", ["RESTOCKED"], false] : ["FULFILLED", ["COMMITTED"], true],
    );
  }
});

test("part of the money: the timeline says how much in all, once; the order goes on", async () => {
  const buyer = await paid();
  const back = (cents: bigint, completed = true) => ({ amount: money("USD", cents), completed }) as never;
  const show = async (...refunds: never[]) => {
    shop.payments.set(await buyer.paymentId(), "CAPTURED", { refunds });
    await Promise.all([buyer.settle(), buyer.settle()]);
  };
  await show(back(700n, false));
  await show(back(700n));
  await show(back(700n), back(300n));
  const events = await shop.client.listOrderEvents({ orderId: buyer.orderId }, shop.staff);
  const parts = events.events.filter(({ kind }) => kind === "partly_refunded");
  expect(parts.map(({ data }) => data["refunded"])).toEqual(["700", "1000"]);
  expect(await buyer.state()).toBe("PAID");
  await shop.work();
  expect(await buyer.state()).toBe("FULFILLED");
});

test("an old answer about a payment whose money went back before it paid the order pays nothing", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  const paymentId = await buyer.paymentId();
  const old = shop.payments.set(paymentId, "CAPTURED");
  shop.payments.set(paymentId, "REFUNDED");
  await buyer.settle();
  expect(await buyer.state()).toBe("PENDING_PAYMENT");
  const { refreshPayment } = shop.deps.payments;
  shop.deps.payments.refreshPayment = async () => old;
  await buyer.settle();
  shop.deps.payments.refreshPayment = refreshPayment;
  expect(await buyer.get()).toMatchObject({
    state: Order_State.PENDING_PAYMENT,
    payment: { state: OrderPayment_State.REFUNDED },
  });
});
