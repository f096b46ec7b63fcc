import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Shipment_State as State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { newId } from "../../lib/ids/ids.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierRefused } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;
let orderId: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  carrier = new FakeCarrier();
  under = shippingUnderTest({ db: database.db, carrier });
  [shipmentId, orderId] = [newId("shp"), newId("ord")];
});

const unit = { lengthMm: 100, widthMm: 100, heightMm: 50, weightG: 200 };
const items = [
  { sku: "MUG", quantity: 3n, title: "Mug", unit },
  { sku: "CUP", quantity: 1n, title: "Cup", unit },
];
const make = () =>
  under.client.createShipment(shipmentRequest({ shipmentId, orderId, items, parcel: undefined }), order);
const split = (units: Record<string, number>, { id = shipmentId, requestId = "" } = {}) =>
  under.client.splitShipment(
    {
      shipmentId: id,
      items: Object.entries(units).map(([sku, quantity]) => ({ sku, quantity: BigInt(quantity) })),
      requestId,
    },
    staff,
  );
const ship = (id = shipmentId, fields: object = {}) =>
  under.client.markShipped({ shipmentId: id, ...fields }, staff);
const stateOf = async (id = shipmentId) => (await under.client.getShipment({ shipmentId: id }, staff)).state;
/** How many units of each SKU the order's shipments carry. */
async function carried(): Promise<Record<string, bigint>> {
  const { shipments } = await under.client.listShipments({ orderId }, staff);
  const sums: Record<string, bigint> = {};
  for (const { state, items: held } of shipments) {
    if (state === State.SPLIT) continue;
    for (const { sku, quantity } of held) sums[sku] = (sums[sku] ?? 0n) + quantity;
  }
  return sums;
}
const whole = { MUG: 3n, CUP: 1n };

test("two shipments carry the goods of one, each with a box and rates of its own", async () => {
  await make();
  const { shipments } = await split({ MUG: 2 });
  expect(shipments.map((each) => each.items.map(({ sku, quantity }) => [sku, quantity]))).toEqual([
    [["MUG", 2n]],
    [
      ["MUG", 1n],
      ["CUP", 1n],
    ],
  ]);
  expect(carrier.consignments.map(({ parcel }) => parcel.weightG)).toEqual([800, 400, 400]);
  expect(await stateOf()).toBe(State.SPLIT);
  expect(await carried()).toEqual(whole);
  expect(under.moved()).toEqual([shipmentId]);
  for (const { id, rates } of shipments) {
    const labeled = await under.client.buyLabel({ shipmentId: id, rateId: rates[0]?.id ?? "" }, staff);
    expect(labeled.state).toBe(State.LABELED);
  }
  expect(carrier.sold).toHaveLength(2);
});

test.each<[string, Record<string, number>, object]>([
  ["more than it has", { MUG: 4 }, { reason: "ITEM_NOT_IN_SHIPMENT", metadata: { quantity: "3" } }],
  ["what it does not have", { PLATE: 1 }, { reason: "ITEM_NOT_IN_SHIPMENT", metadata: { quantity: "0" } }],
  ["all of it", { MUG: 3, CUP: 1 }, { reason: "SPLIT_TAKES_ALL" }],
  ["nothing", {}, { reason: "INVALID_ARGUMENT" }],
])("a split that takes %s is refused", async (_what, units, failure) => {
  await make();
  expect(await outcomeOf(split(units))).toMatchObject(failure);
  expect([await stateOf(), await carried()]).toEqual([State.RATED, whole]);
});

test("a part that nobody takes leaves the shipment whole", async () => {
  await make();
  carrier.quoteFails = new CarrierRefused("too small");
  expect(await outcomeOf(split({ MUG: 1 }))).toMatchObject({ reason: "ADDRESS_REFUSED" });
  carrier.quoted.rates = [];
  expect(await outcomeOf(split({ MUG: 1 }))).toMatchObject({ reason: "ADDRESS_REFUSED" });
  expect(await stateOf()).toBe(State.RATED);
});

test("of splits, a purchase and a hand-over at once exactly one wins, and no unit goes twice", async () => {
  const { rates } = await make();
  const rateId = rates[0]?.id ?? "";
  const outcomes = await Promise.all([
    outcomeOf(split({ MUG: 1 })),
    outcomeOf(split({ MUG: 2 })),
    outcomeOf(split({ CUP: 1 })),
    outcomeOf(under.client.buyLabel({ shipmentId, rateId }, staff)),
    outcomeOf(ship()),
  ]);
  expect(await carried()).toEqual(whole);
  const { shipments } = await under.client.listShipments({ orderId }, staff);
  const sent = shipments.filter(({ state }) => state === State.LABELED || state === State.SHIPPED);
  const wasSplit = (await stateOf()) === State.SPLIT;
  expect([shipments.length, sent.length]).toEqual(wasSplit ? [3, 0] : [1, 1]);
  expect(outcomes.length).toBe(5);
  expect(carrier.sold.length).toBeLessThanOrEqual(1);
});

test("a split with a key is made once", async () => {
  await make();
  const [first, second] = await Promise.all([
    split({ MUG: 1 }, { requestId: "k" }),
    split({ MUG: 1 }, { requestId: "k" }),
  ]);
  expect(first.shipments.map(({ id }) => id)).toEqual(second.shipments.map(({ id }) => id));
  expect(await carried()).toEqual(whole);
  expect(await outcomeOf(split({ MUG: 2 }, { requestId: "k" }))).toMatchObject({
    reason: "REQUEST_ID_REUSED",
  });
});

test("of what was split, labeled or shipped nothing is split, bought or shipped again", async () => {
  const { rates } = await make();
  const rateId = rates[0]?.id ?? "";
  const { shipments } = await split({ MUG: 1 });
  const [taken, rest] = shipments.map(({ id }) => id);
  expect(await outcomeOf(split({ MUG: 1 }))).toMatchObject({ reason: "SHIPMENT_NOT_SPLITTABLE" });
  expect(await outcomeOf(ship())).toMatchObject({ reason: "SHIPMENT_SPLIT" });
  const buy = (id = "") => under.client.buyLabel({ shipmentId: id, rateId: "" }, staff);
  expect(await outcomeOf(buy(shipmentId))).toMatchObject({ reason: "SHIPMENT_SPLIT" });
  expect(await outcomeOf(under.client.selectRate({ shipmentId, rateId }, staff))).toMatchObject({
    reason: "SHIPMENT_SPLIT",
  });
  await ship(taken);
  expect(await outcomeOf(split({ MUG: 1 }, { id: taken ?? "" }))).toMatchObject({
    reason: "SHIPMENT_NOT_SPLITTABLE",
  });
  expect((await buy(taken)).state).toBe(State.SHIPPED);
  const rateOfRest = shipments[1]?.rates[0]?.id ?? "";
  await under.client.buyLabel({ shipmentId: rest ?? "", rateId: rateOfRest }, staff);
  expect(await outcomeOf(ship(rest))).toMatchObject({ reason: "LABEL_ALREADY_BOUGHT" });
  expect(carrier.sold).toHaveLength(1);
});

test("what the merchant ships has whom it names, may be corrected, and Order hears of it", async () => {
  await make();
  await ship(shipmentId, { carrier: "JNE", trackingNumber: "1" });
  const shipped = await ship(shipmentId, {
    carrier: "JNE",
    trackingNumber: "12",
    trackingUrl: "https://jne.test/12",
  });
  expect(shipped).toMatchObject({ state: State.SHIPPED, carrier: "JNE", trackingNumber: "12", labelUrl: "" });
  expect(await under.tell()).toEqual([
    { orderId, shipmentId },
    { orderId, shipmentId },
  ]);
});

test("no parcel of an order that is not paid leaves", async () => {
  await make();
  under.unpaid.add(orderId);
  await expect(ship()).rejects.toThrow("is not paid");
  expect(await stateOf()).toBe(State.RATED);
});

test("a shipment at a flat rate is ready without a label, once, and may still get a carrier's", async () => {
  const tiers = [{ price: { currencyCode: "USD", amount: 100n } }];
  const { id } = await under.client.createFlatRate({ flatRate: { title: "Post", tiers } }, staff);
  const { rates } = await make();
  await under.client.deleteFlatRate({ flatRateId: id }, staff);
  expect(rates.map(({ flatRateId, attributes }) => [flatRateId, attributes])).toEqual([
    [id, ["CHEAPEST"]],
    ["", ["FASTEST", "BEST_VALUE"]],
  ]);
  const buy = (rateId = "") => under.client.buyLabel({ shipmentId, rateId }, staff);
  const ready = await buy(rates[0]?.id);
  expect([ready.state, carrier.sold]).toEqual([State.READY, []]);
  expect(await buy(rates[0]?.id)).toEqual(ready);
  expect(await buy()).toEqual(ready);
  expect(await outcomeOf(buy("rate_none"))).toMatchObject({ reason: "RATE_NOT_FOUND" });
  expect((await buy(rates[1]?.id)).state).toBe(State.LABELED);
  expect(carrier.sold).toHaveLength(1);
});
