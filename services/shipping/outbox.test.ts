import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import type { OutboxEvent } from "../../lib/outbox/index.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { shippingSchema } from "./migrations/index.ts";
import { createShippingRelay } from "./outbox.ts";
import { FakeCarrier } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";
import { type TrackingStatus, toldOf } from "./tracking.ts";

let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
let carrier: FakeCarrier;
let shipmentId: string;
const told: OutboxEvent[] = [];
beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  carrier = new FakeCarrier();
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const orderId = shipmentId.replace("shp_", "ord_");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId, orderId }), order);
  await under.client.selectRate({ shipmentId, rateId: rates[0]?.id ?? "" }, staff);
  await publish();
  told.length = 0;
});

/** Publishes as another process would, whatever the one before left. */
async function publish(): Promise<string[]> {
  await database.db.execute(sql`delete from outbox_lease`);
  const relay = createShippingRelay({
    db: database.db,
    log: pino({ level: "silent" }),
    webhooks: {
      publishEvents: async ({ events }) => {
        told.push(...(events as OutboxEvent[]));
        return { $typeName: "rowlock.webhook.v1.PublishEventsResponse" };
      },
    },
  });
  await relay.run();
  return told.map(({ type }) => type);
}

/** The carrier has the parcel there, and the shop asks. */
async function moveTo(status: TrackingStatus): Promise<void> {
  const { trackingNumber } = await under.client.getShipment({ shipmentId }, staff);
  carrier.parcels.set(trackingNumber, { status, events: [] });
  under.later(3_600_000 * 24);
  await under.sweep();
}

test("a label and what becomes of its parcel is told once each, under the order", async () => {
  await Promise.all(Array.from({ length: 4 }, () => under.client.buyLabel({ shipmentId }, staff)));
  expect(await publish()).toEqual(["shipment.labeled"]);
  expect(told[0]?.subject).toBe(shipmentId.replace("shp_", "ord_"));
  expect(JSON.parse(told[0]?.data ?? "")).toMatchObject({
    shipment: {
      id: shipmentId,
      state: "STATE_LABELED",
      trackingNumber: expect.stringMatching(/./),
      labelUrl: expect.stringMatching(/./),
      rates: [{ carrier: "USPS" }],
    },
  });
  for (const status of ["PRE_TRANSIT", "TRANSIT", "TRANSIT", "DELIVERED", "RETURNED"] as const) {
    await moveTo(status);
  }
  expect(await publish()).toEqual(["shipment.labeled", "shipment.shipped", "shipment.delivered"]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
});

test("what the merchant ships by itself is told once, however many say so at once, and not corrected", async () => {
  const handOver = (trackingNumber: string) =>
    under.client.markShipped({ shipmentId, carrier: "Ada's bicycle", trackingNumber }, staff);
  await Promise.all(["1", "2", "3", "4"].map(handOver));
  await handOver("5");
  expect(await publish()).toEqual(["shipment.shipped"]);
  expect(JSON.parse(told[0]?.data ?? "")).toMatchObject({
    shipment: { state: "STATE_SHIPPED", carrier: "Ada's bicycle", trackingNumber: "5" },
  });
});

test.each<[TrackingStatus, TrackingStatus, string[]]>([
  ["", "PRE_TRANSIT", []],
  ["PRE_TRANSIT", "TRANSIT", ["shipped"]],
  ["TRANSIT", "TRANSIT", []],
  ["TRANSIT", "DELIVERED", ["delivered"]],
  ["PRE_TRANSIT", "DELIVERED", ["shipped", "delivered"]], // no scan on its way
  ["", "RETURNED", ["shipped", "returned"]],
  ["", "FAILURE", ["shipped", "failed"]],
  ["FAILURE", "DELIVERED", ["delivered"]], // it turned up
])("of a parcel that comes from %j to %s is told: %j", (from, to, kinds) => {
  expect(toldOf(from, to)).toEqual(kinds);
});
