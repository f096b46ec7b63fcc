import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { Shipment_TrackingStatus as Status } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { sql } from "../../lib/db/index.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier, labelOf, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff, webhookToken } from "./testing/shipping.ts";
import type { Tracking, TrackingEvent } from "./tracking.ts";

const hourMs = 3_600_000;
const { trackingNumber } = labelOf("cheap");
let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await database.db.execute(sql`delete from shipment`);
  carrier = new FakeCarrier();
  carrier.quoted.rates = [quotedRate({ providerId: "cheap" })];
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  await under.client.buyLabel({ shipmentId, rateId: rates[0]?.id ?? "" }, staff);
});

const scans: TrackingEvent[] = (["PRE_TRANSIT", "TRANSIT", "DELIVERED"] as const).map((status, day) => ({
  time: `2026-03-0${day + 1}T12:00:00.000Z`,
  status,
  details: `It is ${status}`,
  city: "Reno",
  state: "NV",
  postalCode: "89501",
  countryCode: "US",
}));
const upTo = (count: number): Tracking => {
  const events = scans.slice(0, count);
  return { status: events.at(-1)?.status ?? "", events };
};
const get = () => under.client.getShipment({ shipmentId }, staff);
const status = async () => (await get()).trackingStatus;
/** Shippo's news that something became of the parcel, each another message; what it says is asked for. */
async function told() {
  const message = { event: "track_updated", id: newId("msg"), data: { tracking_number: trackingNumber } };
  const content = create(HttpBodySchema, { data: Buffer.from(JSON.stringify(message)) });
  await under.client.receiveShippoWebhook({ content, token: webhookToken });
  return under.work();
}

test("a parcel goes on from scan to scan, and Order is told of each step once", async () => {
  for (const count of [1, 2, 3]) {
    carrier.parcels.set(trackingNumber, upTo(count));
    expect(await told()).toEqual([]);
    expect(await under.tell()).toEqual([{ orderId: "ord_1", shipmentId }]);
  }
  const shipment = await get();
  expect(shipment.trackingStatus).toBe(Status.DELIVERED);
  expect(shipment.trackingEvents).toMatchObject([
    { status: Status.PRE_TRANSIT },
    { status: Status.TRANSIT, details: "It is TRANSIT", city: "Reno", state: "NV", countryCode: "US" },
    { status: Status.DELIVERED, time: { seconds: BigInt(Date.parse(scans[2]?.time ?? "") / 1000) } },
  ]);
});

test("news of a parcel that has arrived need no job, and nobody asks for it any more", async () => {
  carrier.parcels.set(trackingNumber, upTo(3));
  await told();
  const asked = carrier.tracked.length;
  await told();
  under.later(24 * hourMs);
  expect(await under.sweep()).toBe(0);
  expect(carrier.tracked).toHaveLength(asked);
});

test("old news move nothing back and tell nobody", async () => {
  carrier.parcels.set(trackingNumber, upTo(2));
  await told();
  await under.tell();
  carrier.parcels.set(trackingNumber, upTo(1));
  await told();
  expect(await status()).toBe(Status.TRANSIT);
  expect((await get()).trackingEvents).toHaveLength(2);
  expect(await under.tell()).toEqual([]);
});

test("of many who learn of a step at once, in two processes, one tells Order", async () => {
  const other = shippingUnderTest({ db: database.open("shipping"), carrier });
  carrier.parcels.set(trackingNumber, upTo(2));
  under.later(hourMs);
  other.later(hourMs);
  const due = () => database.db.execute(sql`update shipment set look_time = now() - interval '1 year'`);
  await due();
  const sweeps = [under.sweep(), told(), other.sweep(), told()];
  await due();
  await Promise.all([...sweeps, other.sweep(), under.sweep()]);
  await under.work();
  expect(carrier.tracked.length).toBeGreaterThan(1);
  expect(await status()).toBe(Status.TRANSIT);
  expect([...under.moved(), ...other.moved()]).toEqual([shipmentId]);
});

test("without news the carrier is asked, ever more rarely, and at last no more", async () => {
  const asked = async (ms: number) => {
    under.later(ms);
    const before = carrier.tracked.length;
    await under.sweep();
    return carrier.tracked.length - before;
  };
  expect(await asked(hourMs / 4 - 1)).toBe(0);
  expect(await asked(1)).toBe(1);
  expect(await asked(hourMs / 4 - 1)).toBe(0);
  expect(await asked(1)).toBe(1);
  expect(await asked(16 * hourMs)).toBe(1);
  // An eighth of some 16 hours.
  expect(await asked(2 * hourMs)).toBe(0);
  expect(await asked(hourMs)).toBe(1);
  expect(await asked(30 * 24 * hourMs)).toBe(1);
  expect(await asked(12 * hourMs - 1)).toBe(0);
  expect(await asked(1)).toBe(1);
  expect(await asked(31 * 24 * hourMs)).toBe(1);
  expect(await asked(60 * 24 * hourMs)).toBe(0);
});

test("a carrier that does not answer holds up no other, and is asked again", async () => {
  carrier.lookupFails = new CarrierUnavailable("503", { pending: false });
  under.later(hourMs);
  expect(await under.sweep()).toBe(1);
  expect(await status()).toBe(Status.UNSPECIFIED);
  carrier.lookupFails = undefined;
  carrier.parcels.set(trackingNumber, upTo(2));
  under.later(hourMs);
  await under.sweep();
  expect(await status()).toBe(Status.TRANSIT);
  expect(await under.tell()).toHaveLength(1);
});

test("an event waits while the carrier cannot be asked", async () => {
  carrier.lookupFails = new CarrierUnavailable("503", { pending: false });
  carrier.parcels.set(trackingNumber, upTo(1));
  expect(await told()).toEqual([carrier.lookupFails]);
  carrier.lookupFails = undefined;
  expect(await under.work()).toEqual([]);
  expect(await status()).toBe(Status.PRE_TRANSIT);
});

test("a parcel that the carrier does not know stays as it is", async () => {
  await told();
  expect(carrier.tracked).toEqual([trackingNumber]);
  expect(await status()).toBe(Status.UNSPECIFIED);
});
