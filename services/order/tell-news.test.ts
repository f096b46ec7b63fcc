import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type NotifyOrderRequestSchema, OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import {
  Shipment_State,
  Shipment_TrackingStatus as Status,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { defineReasons } from "../../lib/errors/reasons.ts";
import { money } from "../../lib/money/money.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
/** What Notify was asked to tell or to withdraw, by those calls that reached it. */
const asked: MessageInitShape<typeof NotifyOrderRequestSchema>[] = [];
beforeAll(async () => {
  shop = await TestOrders.open();
  const { notifyOrder } = shop.deps.notify;
  shop.deps.notify.notifyOrder = async (request, options) => {
    const answer = await notifyOrder(request, options);
    asked.push(request);
    return answer;
  };
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => {
  shop.reset();
  asked.length = 0;
});

/** A paid order of two mugs, 20.00 USD, shipped for 5.00. */
async function paid(): Promise<Buyer> {
  const buyer = await shop.ready();
  await buyer.pay();
  await shop.work();
  asked.length = 0;
  return buyer;
}
const kindsOf = () =>
  asked.map(
    ({ kind, withdraw }) => `${withdraw ? "-" : ""}${OrderEventKind[kind ?? OrderEventKind.UNSPECIFIED]}`,
  );
const refundsTold = () => asked.map(({ order }) => order?.refunded?.amount);

test("each refund of a part is told once, with its own amount; so is the last one", async () => {
  const buyer = await paid();
  await buyer.refund({ MUG: 1 });
  await shop.work();
  expect(refundsTold()).toEqual([1000n]);
  await buyer.refund({}, { shipping: true });
  await shop.work();
  await buyer.refund();
  await shop.work();
  expect(new Set(kindsOf())).toEqual(new Set(["REFUNDED"]));
  const told = new Map(asked.map(({ eventKey, order }) => [eventKey, order?.refunded?.amount]));
  expect([...told.values()]).toEqual([1000n, 500n, 1000n]);
});

test("a refund by amount is told when it is done, and when it was told of late with the others", async () => {
  const buyer = await paid();
  const paymentId = await buyer.paymentId();
  const part = (id: string, cents: bigint, completed = true) =>
    ({ id, amount: money("USD", cents), completed }) as never;
  shop.payments.set(paymentId, "CAPTURED", { refunds: [part("ref_a", 300n, false)] });
  await buyer.settle();
  await shop.work();
  expect(asked).toEqual([]);
  shop.payments.set(paymentId, "CAPTURED", { refunds: [part("ref_a", 300n), part("ref_b", 200n)] });
  await Promise.all([buyer.settle(), buyer.settle()]);
  await shop.work();
  expect(asked.map(({ eventKey, order }) => [eventKey, order?.refunded?.amount])).toEqual([
    [`${buyer.orderId}:refunded:ref_a`, 300n],
    [`${buyer.orderId}:refunded:ref_b`, 200n],
  ]);
});

test("all of it at once is told as the payment's, with what went back", async () => {
  const buyer = await paid();
  await buyer.refund();
  await shop.work();
  expect(asked.map(({ eventKey, order }) => [eventKey, order?.refunded?.amount])).toEqual([
    [`${buyer.orderId}:refunded:${await buyer.paymentId()}`, 2500n],
  ]);
});

test("news that could not be told is told by the job's next attempt", async () => {
  const buyer = await paid();
  shop.wire.before.set("notify.order", away);
  await buyer.refund({ MUG: 1 });
  await shop.work();
  expect(asked).toEqual([]);
  shop.wire.clear();
  await shop.work();
  expect(refundsTold()).toEqual([1000n]);
});

const refuse = defineReasons({
  MESSAGE_REFUSED: { code: Code.FailedPrecondition, message: "no such number" },
});

test("what a provider will never take is not tried again", async () => {
  const buyer = await paid();
  shop.wire.before.set("notify.order", () => {
    throw refuse("MESSAGE_REFUSED", {});
  });
  await buyer.refund({ MUG: 1 });
  await shop.work();
  expect(shop.jobs).toEqual([]);
});

test("that a parcel was sent is withdrawn once it has arrived, whichever job runs first", async () => {
  const buyer = await paid();
  const shipmentId = buyer.orderId.replace("ord_", "shp_");
  const moveTo = async (trackingStatus: Status) => {
    const shipment = shop.shipping.shipments.get(shipmentId);
    if (shipment === undefined) throw new Error("there is no shipment");
    shop.shipping.shipments.set(shipmentId, { ...shipment, trackingStatus });
    await shop.client.settleShipment({ orderId: buyer.orderId, shipmentId }, as.service("shipping"));
  };
  await moveTo(Status.TRANSIT);
  shop.wire.before.set("notify.order", away);
  await shop.work();
  await moveTo(Status.DELIVERED);
  shop.wire.clear();
  shop.jobs.reverse();
  await shop.work();
  expect(kindsOf()).toEqual(["-SHIPPED", "DELIVERED", "-SHIPPED"]);
  expect(asked[1]).toMatchObject({
    eventKey: `${buyer.orderId}:delivered:${shipmentId}`,
    order: { trackingNumber: `T-${shipmentId}` },
  });
});

test("of an order in two shipments each is told with its own number and goods, and in the end both", async () => {
  const buyer = await shop.ready();
  const id = buyer.orderId.replace("ord_", "shp_");
  const whole = shop.shipping.shipments.get(id);
  if (whole === undefined) throw new Error("there is no shipment");
  await buyer.pay();
  shop.shipping.shipments.set(id, { ...whole, state: Shipment_State.SPLIT });
  const parts = ["first", "second"].map((name) => ({ ...whole, id: `${id}_${name}` }));
  for (const part of parts) {
    const items = part.items.map((item) => ({ ...item, quantity: 1n }));
    shop.shipping.shipments.set(part.id, { ...part, items, rateId: "" });
  }
  await shop.work();
  const parcels = parts.map(({ id: part }) => ({
    trackingNumber: `T-${part}`,
    lines: [{ title: "Title of MUG", quantity: 1n }],
  }));
  const fulfilled = asked.find(({ kind }) => kind === OrderEventKind.FULFILLED);
  expect(fulfilled).toMatchObject({ order: { parcels } });

  for (const { id: shipmentId } of parts) {
    const labeled = shop.shipping.shipments.get(shipmentId);
    if (labeled === undefined) throw new Error("there is no shipment");
    shop.shipping.shipments.set(shipmentId, { ...labeled, trackingStatus: Status.TRANSIT });
    await shop.client.settleShipment({ orderId: buyer.orderId, shipmentId }, as.service("shipping"));
  }
  await shop.work();
  const sent = asked.filter(({ kind }) => kind === OrderEventKind.SHIPPED);
  expect(sent).toMatchObject(
    parcels.map((parcel) => ({ order: { trackingNumber: parcel.trackingNumber, parcels: [parcel] } })),
  );
  expect(sent.map(({ order }) => order?.parcels?.length)).toEqual([1, 1]);
});
