import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierRefused, CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier, labelOf, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff, webhookToken } from "./testing/shipping.ts";
import { isShippoToken } from "./webhooks.ts";

let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;
let rateId: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await database.db.execute(sql`delete from webhook_event`);
  carrier = new FakeCarrier();
  carrier.quoted.rates = [quotedRate({ providerId: "cheap" })];
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const shipment = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  rateId = shipment.rates[0]?.id ?? "";
});

const updated = (fields: object = {}) => ({
  event: "transaction_updated",
  test: true,
  data: { object_id: "t1", status: "SUCCESS", rate: "cheap", metadata: shipmentId, ...fields },
});
const receive = (message: unknown, token = webhookToken) => {
  const data = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
  const content = create(HttpBodySchema, { contentType: "application/json", data });
  return under.client.receiveShippoWebhook({ content, token });
};
const events = () =>
  under.client
    .listWebhookEvents({}, staff)
    .then(({ events }) =>
      events.map(({ type, subject, state, deliveries }) => ({ type, subject, state, deliveries })),
    );
const get = () => under.client.getShipment({ shipmentId }, staff);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);
/** A purchase that Shippo carries out although its call was cut off. */
async function cutOff() {
  carrier.nextSale = carrier.sellAndCutOff("cheap");
  await reasonFrom(under.client.buyLabel({ shipmentId, rateId }, staff));
}

test("news of a purchase whose answer was lost bring its label", async () => {
  await cutOff();
  await receive(updated());
  expect((await get()).state).toBe(Shipment_State.BUYING);
  expect(await under.work()).toEqual([]);
  expect(await get()).toMatchObject({ state: Shipment_State.LABELED, rateId, ...labelOf("cheap") });
  expect(await under.client.buyLabel({ shipmentId }, staff)).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("the label is stored while its own call still waits for it, which returns it", async () => {
  carrier.nextSale = async () => {
    carrier.sold.push("cheap");
    await receive(updated({ rate: { object_id: "cheap" } }));
    await under.work();
    carrier.sold.pop();
  };
  expect(await under.client.buyLabel({ shipmentId, rateId }, staff)).toMatchObject(labelOf("cheap"));
  expect(under.logged.filter(({ level }) => level >= 50)).toEqual([]);
});

test("news of a label that is stored, and of others' parcels, need no job", async () => {
  const { trackingNumber } = await under.client.buyLabel({ shipmentId, rateId }, staff);
  await receive(updated({ tracking_number: trackingNumber }));
  await receive({ event: "track_updated", data: { tracking_number: "92055" } });
  await receive(updated({ metadata: "\0" }));
  expect(under.waiting()).toBe(0);
  expect(await events()).toMatchObject(Array(3).fill({ state: WebhookEvent_State.APPLIED }));
  expect(carrier.lookups).toBe(0);
});

test("what is stored is what Shippo tells when asked, not what the message says", async () => {
  await receive(updated());
  expect(await under.work()).toEqual([]);
  expect((await get()).state).toBe(Shipment_State.RATED);
  expect(carrier.lookups).toBe(1);
});

test("while Shippo cannot be asked the event waits, and is applied later", async () => {
  await cutOff();
  await receive(updated());
  carrier.lookupFails = new CarrierUnavailable("503", { pending: false });
  expect(await under.work()).toEqual([carrier.lookupFails]);
  expect(await events()).toMatchObject([{ state: WebhookEvent_State.RECEIVED }]);
  carrier.lookupFails = undefined;
  expect(await under.work()).toEqual([]);
  expect(await events()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  expect((await get()).state).toBe(Shipment_State.LABELED);
});

test("a purchase that failed is left to the next call", async () => {
  await cutOff();
  await receive(updated({ status: "ERROR" }));
  carrier.lookupFails = new CarrierRefused("no funds");
  expect(await under.work()).toEqual([]);
  expect((await get()).state).toBe(Shipment_State.BUYING);
});

test.each([
  [
    "a parcel on its way",
    () => ({ event: "track_updated", data: { tracking_number: "92055", carrier: "usps" } }),
  ],
  ["a purchase of somebody else", () => updated({ metadata: "Order 7" })],
  ["a purchase without metadata", () => updated({ metadata: null })],
  ["a shipment that is not there", () => updated({ metadata: "shp_none" })],
  ["a rate that the shipment does not have", () => updated({ rate: "other" })],
  ["a rate that is none", () => updated({ rate: null })],
  ["something of the future", () => ({ event: "drone_landed", data: {} })],
])("news of %s are noted and change nothing", async (_, message) => {
  await receive(message());
  expect(await under.work()).toEqual([]);
  expect(await events()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  expect((await get()).state).toBe(Shipment_State.RATED);
  expect(carrier.lookups).toBe(0);
});

test("a message that comes again is counted, also at once", async () => {
  await Promise.all([receive(updated()), receive(updated()), receive(updated())]);
  expect(await events()).toEqual([
    { type: "transaction_updated", subject: "t1", state: WebhookEvent_State.RECEIVED, deliveries: 3 },
  ]);
  await receive({ event: "track_updated", data: { tracking_number: "92055" } });
  expect((await events()).map(({ subject }) => subject)).toEqual(["92055", "t1"]);
});

test("an event is replayed, once per request_id", async () => {
  await receive(updated());
  await under.work();
  const [event] = (await under.client.listWebhookEvents({}, staff)).events;
  await cutOff();
  const request = { eventId: event?.id ?? "", requestId: newId("req") };
  const replayed = await under.client.replayWebhookEvent(request, staff);
  expect(replayed).toMatchObject({ id: event?.id, state: WebhookEvent_State.RECEIVED, attempts: 0 });
  await under.work();
  expect((await get()).state).toBe(Shipment_State.LABELED);
  expect(await under.client.replayWebhookEvent(request, staff)).toEqual(replayed);
  expect(await events()).toMatchObject([{ state: WebhookEvent_State.APPLIED }]);
  expect(await reasonFrom(under.client.replayWebhookEvent({ ...request, eventId: "whe_none" }, staff))).toBe(
    "REQUEST_ID_REUSED",
  );
  expect(await reasonFrom(under.client.replayWebhookEvent({ eventId: "whe_none" }, staff))).toBe(
    "WEBHOOK_EVENT_NOT_FOUND",
  );
});

test.each([
  ["no token", updated, "", "WEBHOOK_SIGNATURE_INVALID"],
  ["another token", updated, "token-in-the-urL", "WEBHOOK_SIGNATURE_INVALID"],
  ["no JSON", () => "event=track_updated", webhookToken, "WEBHOOK_MALFORMED"],
  ["nothing", () => "", webhookToken, "WEBHOOK_MALFORMED"],
  ["null", () => "null", webhookToken, "WEBHOOK_MALFORMED"],
  ["no event", () => ({ data: {} }), webhookToken, "WEBHOOK_MALFORMED"],
  ["no data", () => ({ event: "track_updated" }), webhookToken, "WEBHOOK_MALFORMED"],
  ["an endless event", () => ({ ...updated(), event: "x".repeat(300) }), webhookToken, "WEBHOOK_MALFORMED"],
])("a message with %s is refused and not kept", async (_, message, token, reason) => {
  const failure: unknown = await receive(message(), token).catch((err: unknown) => err);
  expect(reasonOf(failure)).toBe(reason);
  expect(errorInfo(failure)?.metadata["provider"]).toBe("shippo");
  expect(await events()).toEqual([]);
});

test("without a token of its own the shop believes nobody", () => {
  expect([
    isShippoToken("", ""),
    isShippoToken("a", ""),
    isShippoToken("", "a"),
    isShippoToken("a", "a"),
  ]).toEqual([false, false, false, true]);
});

test("the inbox is for staff", async () => {
  const guest = as.guest("token");
  expect(await reasonFrom(under.client.listWebhookEvents({}, guest))).toBe("PERMISSION_DENIED");
  expect(await reasonFrom(under.client.replayWebhookEvent({ eventId: "whe_1" }, guest))).toBe(
    "PERMISSION_DENIED",
  );
});
