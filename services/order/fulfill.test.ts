import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away, refuse } from "./testing/wire.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const shipmentOf = ({ orderId }: Buyer) => orderId.replace("ord_", "shp_");
const labels = (buyer: Buyer) => shop.shipping.sold.filter((id) => id === shipmentOf(buyer)).length;

async function paid(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  return buyer;
}

test("a paid order gets its label, shows its parcel, and the buyer is told", async () => {
  const buyer = await paid();
  await shop.work();
  const id = shipmentOf(buyer);
  expect(await buyer.get()).toMatchObject({
    state: Order_State.FULFILLED,
    fulfillment: {
      shipmentId: id,
      carrier: "USPS",
      trackingNumber: `T-${id}`,
      trackingUrl: `https://track.test/${id}`,
      labelUrl: `https://labels.test/${id}.pdf`,
    },
  });
  expect((await buyer.events()).at(-1)).toBe("fulfilled");
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED"]);
});

test.each(["shipping.buy", "notify.order"])(
  "a job that died around %s is repeated: one label, one message",
  async (call) => {
    for (const hooks of [shop.wire.before, shop.wire.after]) {
      const buyer = await paid();
      hooks.set(call, away);
      await shop.work();
      expect(shop.jobs).toHaveLength(1);
      shop.wire.clear();
      await shop.work();
      expect(await buyer.state()).toBe("FULFILLED");
      expect(labels(buyer)).toBe(1);
      expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED"]);
      expect((await buyer.events()).filter((kind) => kind === "fulfilled")).toHaveLength(1);
    }
  },
);

test("a job that runs twice, and twice at once, buys one label", async () => {
  const buyer = await paid();
  const [job] = shop.jobs.splice(0);
  if (job === undefined) throw new Error("no job");
  await Promise.all([shop.run(job), shop.run(job)]);
  await shop.run(job);
  expect(labels(buyer)).toBe(1);
  expect(await buyer.events()).toEqual([
    "placed",
    "shipping_method_set",
    "payment_started",
    "paid",
    "fulfilled",
  ]);
});

test("a job for an order that was canceled stops before the label", async () => {
  const buyer = await paid();
  const [job] = shop.jobs.splice(0);
  await buyer.cancel();
  await shop.run(job!);
  expect(labels(buyer)).toBe(0);
  expect(await buyer.state()).toBe("CANCELED");
});

test("a job for an order that is not paid does nothing", async () => {
  const buyer = await shop.ready();
  await shop.run({ queue: "order.fulfill", data: { orderId: buyer.orderId } });
  expect([labels(buyer), await buyer.state()]).toEqual([0, "PENDING_PAYMENT"]);
});

test("a label that the carrier refuses can be tried again, or the order canceled and refunded", async () => {
  const [later, never] = [await paid(), await paid()];
  shop.wire.before.set("shipping.buy", () => {
    throw refuse("LABEL_REFUSED", {});
  });
  await shop.work();
  expect(shop.jobs).toHaveLength(2);
  expect((await never.cancel()).state).toBe(Order_State.CANCELED);
  shop.wire.clear();
  await shop.work();
  expect([await later.state(), labels(later)]).toEqual(["FULFILLED", 1]);
  expect([await never.state(), labels(never)]).toEqual(["CANCELED", 0]);
  expect(shop.payments.takenFor(never.orderId)).toBe(0n);
});

test("a label that may have been bought keeps the order from being canceled", async () => {
  const buyer = await paid();
  shop.wire.after.set("shipping.buy", away);
  await shop.work();
  expect(await outcomeOf(buyer.cancel())).toMatchObject({ reason: "ORDER_NOT_CANCELABLE" });
});

test("the parcel shows the carrier whose label was bought", async () => {
  const buyer = await paid();
  const shipment = shop.shipping.shipments.get(shipmentOf(buyer));
  if (shipment?.rates[1] === undefined) throw new Error("no second rate");
  shipment.rates[1].carrier = "UPS";
  // Staff buy another rate than the buyer chose.
  await shop.shipping.client.buyLabel({ shipmentId: shipment.id, rateId: "rate_1" });
  await shop.work();
  expect((await buyer.get()).fulfillment?.carrier).toBe("UPS");
});

test("instructions are not sent once the transfer is no longer waited for", async () => {
  const buyer = await shop.ready();
  await buyer.transfer();
  await buyer.cancel();
  await shop.work();
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["CANCELED"]);
});

test("an undo job for an order that was not ended does nothing", async () => {
  const buyer = await paid();
  await shop.run({ queue: "order.undo", data: { orderId: buyer.orderId } });
  expect(await buyer.holdings()).toEqual({ state: "PAID", goods: ["COMMITTED"], taken: 2500n, open: false });
});

test.each(["order.fulfill", "order.undo", "order.instruct"])(
  "%s for an order that is not there fails",
  async (queue) => {
    expect(await outcomeOf(shop.run({ queue, data: { orderId: "ord_none" } }))).toMatchObject({
      reason: "ORDER_NOT_FOUND",
    });
  },
);
