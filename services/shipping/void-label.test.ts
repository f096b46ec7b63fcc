import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import {
  VoidedLabel_Refund as Refund,
  Shipment_State,
  Shipment_TrackingStatus,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { leaseMs } from "./shipment.ts";
import { FakeCarrier, labelOf, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff, webhookToken } from "./testing/shipping.ts";

const hourMs = 3_600_000;
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
  await database.db.execute(sql`delete from shipment`);
  carrier = new FakeCarrier();
  carrier.quoted.rates = [quotedRate({ providerId: "cheap" })];
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  rateId = rates[0]?.id ?? "";
});

const buy = () => under.client.buyLabel({ shipmentId, rateId }, staff);
const voidLabel = (requestId = "") => under.client.voidLabel({ shipmentId, requestId }, staff);
const get = () => under.client.getShipment({ shipmentId }, staff);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);
const first = { rateId: "", trackingNumber: "T-cheap", labelUrl: labelOf("cheap").labelUrl };
async function told(status: string) {
  const data = { object_id: "t1", status, rate: "cheap", metadata: shipmentId, tracking_number: "T-cheap" };
  const message = { event: "transaction_updated", id: newId("msg"), data };
  const content = create(HttpBodySchema, { data: Buffer.from(JSON.stringify(message)) });
  await under.client.receiveShippoWebhook({ content, token: webhookToken });
  return under.work();
}

test("a voided label is kept, Order is told, and another one can be bought", async () => {
  await buy();
  const shipment = await voidLabel();
  expect(shipment).toMatchObject({
    state: Shipment_State.RATED,
    ...{ rateId, trackingNumber: "", trackingUrl: "", labelUrl: "" },
    voidedLabels: [{ ...first, rateId, refund: Refund.DONE }],
  });
  expect(await under.tell()).toEqual([{ orderId: "ord_1", shipmentId }]);
  expect(await voidLabel()).toEqual(shipment);
  const again = await buy();
  expect(again).toMatchObject({ state: Shipment_State.LABELED, ...labelOf("cheap", 2) });
  expect(await under.tell()).toEqual([{ orderId: "ord_1", shipmentId }]);
  expect(carrier.sold).toEqual(["cheap", "cheap"]);
  await voidLabel();
  expect((await get()).voidedLabels.map(({ trackingNumber }) => trackingNumber)).toEqual([
    "T-cheap",
    "T-cheap-2",
  ]);
});

test.each([
  ["the shipment is unknown", async () => void (shipmentId = "shp_none"), "SHIPMENT_NOT_FOUND", {}],
  ["nothing was bought", async () => undefined, "LABEL_NOT_BOUGHT", {}],
  [
    "the carrier has the parcel",
    async () => {
      await buy();
      carrier.parcels.set("T-cheap", { status: "TRANSIT", events: [] });
      under.later(hourMs);
      await under.sweep();
    },
    "PARCEL_UNDER_WAY",
    { tracking_status: "TRANSIT" },
  ],
  [
    "the carrier says no",
    async () => {
      await buy();
      carrier.nextRefund = "REFUSED";
    },
    "VOID_REFUSED",
    { message: "the label was used" },
  ],
  [
    "the carrier is away",
    async () => {
      await buy();
      carrier.beforeVoid = () => Promise.reject(new CarrierUnavailable("503", { pending: false }));
    },
    "PROVIDER_UNAVAILABLE",
    { provider: "Fake" },
  ],
])("nothing is voided when %s", async (_, prepare, reason, metadata) => {
  await prepare();
  const failure: unknown = await voidLabel().catch((err: unknown) => err);
  expect(reasonOf(failure)).toBe(reason);
  expect(errorInfo(failure)?.metadata).toMatchObject(metadata);
  expect(await database.db.query(sql`select id from shipment where voided_labels <> '[]'`)).toEqual([]);
});

test("while a label is being bought there is none to void", async () => {
  let meanwhile: string | undefined;
  carrier.nextSale = async () => {
    meanwhile = await reasonFrom(voidLabel());
  };
  await buy();
  expect(meanwhile).toBe("LABEL_IN_PROGRESS");
});

test("of many voids at once one is stored, and none takes the label that is bought next", async () => {
  await buy();
  const other = shippingUnderTest({ db: database.open("shipping"), carrier });
  let slow: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    slow = resolve;
  });
  let calls = 0;
  // The first to ask the carrier hears its answer after the next label is bought.
  carrier.beforeVoid = () => (calls++ === 0 ? held : Promise.resolve());
  const late = voidLabel();
  await Promise.all([voidLabel(), other.client.voidLabel({ shipmentId }, staff), voidLabel()]);
  await buy();
  slow();
  expect(await late).toMatchObject({ state: Shipment_State.LABELED, trackingNumber: "T-cheap-2" });
  expect((await get()).voidedLabels).toHaveLength(1);
  // Of the void, and of the next label.
  expect([...under.moved(), ...other.moved()]).toEqual([shipmentId, shipmentId]);
});

test("a void is repeated by its request_id, also after the next label was bought", async () => {
  await buy();
  const requestId = newId("req");
  const voided = await voidLabel(requestId);
  await buy();
  expect(await voidLabel(requestId)).toEqual(voided);
  expect(await get()).toMatchObject({ state: Shipment_State.LABELED, trackingNumber: "T-cheap-2" });
  const other = under.client.voidLabel({ shipmentId: "shp_other", requestId }, staff);
  expect(await reasonFrom(other)).toBe("REQUEST_ID_REUSED");
});

test("money that is still to come is asked for, until the carrier has decided", async () => {
  await buy();
  carrier.nextRefund = "PENDING";
  await voidLabel();
  const refund = async () => (await get()).voidedLabels[0]?.refund;
  expect(await refund()).toBe(Refund.PENDING);
  under.later(hourMs);
  expect(await under.sweep()).toBe(1);
  expect(await refund()).toBe(Refund.PENDING);
  carrier.refunds.set("T-cheap", "REFUSED");
  under.later(24 * hourMs);
  await under.sweep();
  expect(await refund()).toBe(Refund.REFUSED);
});

test("Shippo's word that the money came back is followed", async () => {
  await buy();
  carrier.nextRefund = "PENDING";
  await voidLabel();
  carrier.refunds.set("T-cheap", "DONE");
  expect(await told("REFUNDED")).toEqual([]);
  expect((await get()).voidedLabels).toMatchObject([{ refund: Refund.DONE }]);
});

test("a label that was voided at Shippo's own pages is voided here, too", async () => {
  await buy();
  expect(await told("REFUNDPENDING")).toEqual([]);
  expect((await get()).state).toBe(Shipment_State.LABELED);
  carrier.refunds.set("T-cheap", "PENDING");
  expect(await told("REFUNDPENDING")).toEqual([]);
  expect(await get()).toMatchObject({
    state: Shipment_State.RATED,
    trackingStatus: Shipment_TrackingStatus.UNSPECIFIED,
    voidedLabels: [{ ...first, rateId, refund: Refund.PENDING }],
  });
});

test("a voided label is never taken for a live one", async () => {
  await buy();
  await voidLabel();
  expect(await told("SUCCESS")).toEqual([]);
  expect(await get()).toMatchObject({ state: Shipment_State.RATED, labelUrl: "" });
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("cut off", { pending: true }));
  expect(await reasonFrom(buy())).toBe("PROVIDER_UNAVAILABLE");
  under.later(leaseMs(carrier));
  expect(await buy()).toMatchObject(labelOf("cheap", 2));
});

test("the answer of a purchase that comes after its label was voided brings it not back", async () => {
  let answer: () => void = () => undefined;
  carrier.nextSale = async () => {
    carrier.sold.push("cheap");
    await told("SUCCESS");
    await new Promise<void>((resolve) => {
      answer = resolve;
      void voidLabel().then(answer);
    });
    carrier.sold.pop();
  };
  expect(await reasonFrom(buy())).toBe("LABEL_REFUSED");
  expect(await get()).toMatchObject({ state: Shipment_State.RATED, voidedLabels: [{ ...first, rateId }] });
});

test("voiding is for staff", async () => {
  expect(await reasonFrom(under.client.voidLabel({ shipmentId }, as.guest("token")))).toBe(
    "PERMISSION_DENIED",
  );
});
