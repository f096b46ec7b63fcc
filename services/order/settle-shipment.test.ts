import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Shipment,
  Shipment_TrackingStatus as Status,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";
import { away } from "./testing/wire.ts";

let shop: TestOrders;
let buyer: Buyer;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(async () => {
  shop.reset();
  buyer = await shop.ready();
  await buyer.pay();
  await shop.work();
});

const shipmentId = () => buyer.orderId.replace("ord_", "shp_");
/** What Shipping knows by now. */
function now(fields: Partial<Shipment>, id = shipmentId()) {
  const known = shop.shipping.shipments.get(id) ?? shop.shipping.shipments.get(shipmentId());
  if (known === undefined) throw new Error("there is no shipment");
  shop.shipping.shipments.set(id, { ...known, ...fields, id });
}
const settle = (id = shipmentId()) =>
  shop.client.settleShipment({ orderId: buyer.orderId, shipmentId: id }, as.service("shipping"));
const news = async () => (await buyer.events()).slice((await buyer.events()).indexOf("fulfilled") + 1);
const told = () => shop.notify.toldOf(buyer.orderId).slice(1);

test("a parcel that is scanned and arrives stands in the timeline once each, and the customer is told of both", async () => {
  await settle();
  now({ trackingStatus: Status.PRE_TRANSIT });
  await settle();
  expect(await news()).toEqual([]);
  now({ trackingStatus: Status.TRANSIT });
  await settle();
  await shop.work();
  await settle();
  expect(await news()).toEqual(["shipped"]);
  now({ trackingStatus: Status.DELIVERED });
  await settle();
  await settle();
  await shop.work();
  expect(await news()).toEqual(["shipped", "delivered"]);
  expect(told()).toEqual(["SHIPPED", "DELIVERED"]);
});

test("of a parcel whose scan nobody told of the customer hears only that it arrived", async () => {
  now({ trackingStatus: Status.DELIVERED });
  await settle();
  await shop.work();
  expect(await news()).toEqual(["shipped", "delivered"]);
  expect(told()).toEqual(["DELIVERED"]);
});

test("told many times at once, it is noted and told once", async () => {
  now({ trackingStatus: Status.TRANSIT });
  await Promise.all(Array.from({ length: 8 }, () => settle()));
  expect(shop.jobs).toHaveLength(1);
  expect(await news()).toEqual(["shipped"]);
});

test.each<[Status, string, string[]]>([
  [Status.RETURNED, "", ["shipped", "returned"]],
  [Status.FAILURE, "", ["delivery_failed"]],
  [Status.TRANSIT, "shp_first", ["return_shipped"]],
  [Status.DELIVERED, "shp_first", ["return_shipped", "return_delivered"]],
  [Status.RETURNED, "shp_first", ["return_shipped"]],
  [Status.FAILURE, "shp_first", []],
])(
  "of status %s, return of %j, the timeline has %j, and nobody is told",
  async (trackingStatus, returnOf, kinds) => {
    now({ trackingStatus, returnOf });
    await settle();
    await shop.work();
    expect(await news()).toEqual(kinds);
    expect(told()).toEqual([]);
  },
);

test("each of several parcels is noted and told by itself", async () => {
  now({ trackingStatus: Status.TRANSIT });
  now({ trackingStatus: Status.TRANSIT, trackingNumber: "T-second" }, "shp_second");
  await settle();
  await settle("shp_second");
  await shop.work();
  expect(await news()).toEqual(["shipped", "shipped"]);
  expect(told()).toEqual(["SHIPPED", "SHIPPED"]);
});

test("another label takes the place of the one that was voided, once", async () => {
  now({ trackingNumber: "T-other", labelUrl: "https://labels.test/other.pdf" });
  await Promise.all([settle(), settle(), settle()]);
  expect((await buyer.get()).fulfillment).toMatchObject({
    trackingNumber: "T-other",
    labelUrl: "https://labels.test/other.pdf",
  });
  expect(await news()).toEqual(["label_replaced"]);
});

test("what Shipping cannot say now is asked again, and a shipment of another order changes nothing", async () => {
  now({ trackingStatus: Status.TRANSIT });
  shop.wire.before.set("shipping.get", away);
  expect(
    await settle().then(
      () => "settled",
      () => "asked again",
    ),
  ).toBe("asked again");
  shop.wire.clear();
  now({ orderId: "ord_other" });
  await settle();
  expect(await news()).toEqual([]);
  const unknown = shop.client.settleShipment(
    { orderId: "ord_none", shipmentId: "shp_1" },
    as.service("shipping"),
  );
  expect(reasonOf(await unknown.catch((err: unknown) => err))).toBe("ORDER_NOT_FOUND");
});
