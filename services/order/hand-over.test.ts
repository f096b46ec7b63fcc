import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Shipment_State, ShipmentSchema } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type Buyer, TestOrders } from "./testing/shop.ts";

let shop: TestOrders;
beforeAll(async () => {
  shop = await TestOrders.open();
});
afterAll(() => shop[Symbol.asyncDispose]());
beforeEach(() => shop.reset());

const shipping = as.service("shipping");
const shipmentOf = ({ orderId }: Buyer) => orderId.replace("ord_", "shp_");
const begin = ({ orderId }: Buyer) => shop.client.beginShipping({ orderId }, shipping);

/** A paid order whose shipment goes at a flat rate. */
async function ready(): Promise<Buyer> {
  const buyer = await shop.ready();
  for (const rate of shop.shipping.shipments.get(shipmentOf(buyer))?.rates ?? []) rate.flatRateId = "flat_1";
  await buyer.pay();
  await shop.work();
  return buyer;
}

/** The merchant ships it; Shipping tells. */
async function ship(buyer: Buyer, id = shipmentOf(buyer)) {
  await begin(buyer);
  const known = shop.shipping.shipments.get(id);
  if (known === undefined) throw new Error("there is no shipment");
  shop.shipping.shipments.set(id, create(ShipmentSchema, { ...known, state: Shipment_State.SHIPPED }));
  await shop.client.settleShipment({ orderId: buyer.orderId, shipmentId: id }, shipping);
  await shop.work();
}

test("an order at a flat rate waits for the merchant without a job, and is over once it is shipped", async () => {
  const buyer = await ready();
  expect([await buyer.state(), shop.jobs, shop.shipping.sold]).toEqual(["PAID", [], []]);
  await ship(buyer);
  await ship(buyer);
  expect(await buyer.state()).toBe("FULFILLED");
  expect((await buyer.events()).filter((kind) => kind === "fulfilled" || kind === "shipped")).toHaveLength(2);
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["FULFILLED"]);
});

test("it can be canceled until then; what was canceled is not shipped, whatever else was", async () => {
  const [shipped, canceled] = [await ready(), await ready()];
  await ship(shipped);
  await canceled.cancel();
  expect(await outcomeOf(begin(canceled))).toMatchObject({ reason: "ORDER_NOT_PAID" });
  expect(await canceled.state()).toBe("CANCELED");
});

test("of a cancellation and a hand-over at once exactly one wins", async () => {
  for (let round = 0; round < 5; round++) {
    const buyer = await ready();
    const [begun, canceled] = await Promise.all([outcomeOf(begin(buyer)), outcomeOf(buyer.cancel())]);
    const failures = [begun, canceled].filter((each) => (each as { reason?: string })?.reason !== undefined);
    expect(failures).toHaveLength(1);
  }
});

test("an order in two shipments is over with the second, and the buyer hears of the first", async () => {
  const buyer = await ready();
  const id = shipmentOf(buyer);
  const whole = shop.shipping.shipments.get(id);
  if (whole === undefined) throw new Error("there is no shipment");
  shop.shipping.shipments.set(id, create(ShipmentSchema, { ...whole, state: Shipment_State.SPLIT }));
  for (const part of ["shp_a", "shp_b"]) {
    const rated = create(ShipmentSchema, { ...whole, id: part, state: Shipment_State.RATED, rateId: "" });
    shop.shipping.shipments.set(part, rated);
  }
  await shop.client.settleShipment({ orderId: buyer.orderId, shipmentId: id }, shipping);
  await shop.work();
  await ship(buyer, "shp_a");
  expect(await buyer.state()).toBe("PAID");
  expect(await outcomeOf(buyer.cancel())).toMatchObject({ reason: "ORDER_NOT_CANCELABLE" });
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["SHIPPED"]);
  await ship(buyer, "shp_b");
  expect(await buyer.state()).toBe("FULFILLED");
  expect((await buyer.get()).shipments.map((each) => each.id).sort()).toEqual(["shp_a", "shp_b"]);
  expect(shop.notify.toldOf(buyer.orderId)).toEqual(["SHIPPED", "FULFILLED"]);
});
