import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierRefused, CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

const statements: string[] = [];
let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  carrier = new FakeCarrier();
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  statements.length = 0;
});

const make = (fields: Parameters<typeof shipmentRequest>[0] = {}) =>
  under.client.createShipment(shipmentRequest({ shipmentId, ...fields }), order);

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call succeeded"),
    (err: unknown) => err,
  );

test("a shipment has its rates, and is stored by one statement", async () => {
  carrier.quoted.rates = [
    quotedRate({ providerId: "b", amount: "12.50", carrier: "UPS", attributes: ["FASTEST"] }),
    quotedRate({ providerId: "a", amount: "4.10", attributes: ["CHEAPEST", "BESTVALUE"] }),
    quotedRate({ providerId: "c", amount: "3.00", currencyCode: "EUR" }),
  ];
  const shipment = await make();
  // The flat rates are read once a second at most.
  expect(statements.filter((text) => !text.includes("flat_rate"))).toHaveLength(1);
  expect(shipment).toMatchObject({
    id: shipmentId,
    orderId: "ord_1",
    state: Shipment_State.RATED,
    providerId: "pshp_1",
    rateId: "",
    rates: [
      {
        providerId: "a",
        price: { currencyCode: "USD", amount: 410n },
        attributes: ["CHEAPEST", "FASTEST", "BEST_VALUE"],
      },
      { providerId: "b", price: { currencyCode: "USD", amount: 1250n }, carrier: "UPS", estimatedDays: 2 },
    ],
  });
  expect(await under.client.getShipment({ shipmentId }, staff)).toEqual(shipment);
});

test("the carrier is asked with the whole address, contact and parcel", async () => {
  await make();
  expect(carrier.consignments).toEqual([
    {
      customs: [],
      shipmentId,
      to: {
        name: "Ada Lovelace",
        line1: "965 Mission St",
        line2: "Apt 4",
        city: "San Francisco",
        state: "CA",
        postalCode: "94103",
        countryCode: "US",
        phone: "+14155550123",
        email: "ada@example.com",
      },
      parcel: { lengthMm: 200, widthMm: 155, heightMm: 50, weightG: 750 },
    },
  ]);
});

test("the same request again returns the first shipment with its rate ids", async () => {
  const first = await make();
  carrier.quoted = { providerId: "pshp_2", rates: [quotedRate({ amount: "1.00" })], remarks: "" };
  expect(await make()).toEqual(first);
});

test("of concurrent equal requests all get the same shipment", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => make()));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
});

test("a stored shipment answers while the carrier is away", async () => {
  const first = await make();
  carrier.quoteFails = new CarrierUnavailable("down", { pending: false });
  expect(await make()).toEqual(first);
});

test.each([
  ["order", { orderId: "ord_2" }],
  ["parcel", { parcel: { lengthMm: 201, widthMm: 155, heightMm: 50, weightG: 750 } }],
  ["currency", { currencyCode: "EUR" }],
  ["contact", { contact: { email: "eve@example.com" } }],
])("the same id with another %s is refused", async (_, fields) => {
  carrier.quoted.rates = [quotedRate(), quotedRate({ currencyCode: "EUR" })];
  await make();
  const failure = await failureOf(make(fields));
  expect(reasonOf(failure)).toBe("SHIPMENT_MISMATCH");
  expect(errorInfo(failure)?.metadata).toEqual({ shipment_id: shipmentId });
});

test.each([
  ["the carrier refuses", new CarrierRefused("no such ZIP"), "ADDRESS_REFUSED", { message: "no such ZIP" }],
  [
    "the carrier is away",
    new CarrierUnavailable("ECONNREFUSED", { pending: false }),
    "PROVIDER_UNAVAILABLE",
    { provider: "Fake" },
  ],
])("when %s nothing is stored, and the next try may succeed", async (_, error, reason, metadata) => {
  carrier.quoteFails = error;
  const failure = await failureOf(make());
  expect(reasonOf(failure)).toBe(reason);
  expect(errorInfo(failure)?.metadata).toEqual(metadata);
  expect(reasonOf(await failureOf(under.client.getShipment({ shipmentId }, staff)))).toBe(
    "SHIPMENT_NOT_FOUND",
  );
  expect((await make()).rates).toHaveLength(1);
});

test("an address to which nobody has a rate is refused with the carriers' remarks", async () => {
  carrier.quoted = { providerId: "pshp_1", rates: [], remarks: "USPS: the address is not deliverable" };
  const failure = await failureOf(make());
  expect(reasonOf(failure)).toBe("ADDRESS_REFUSED");
  expect(errorInfo(failure)?.metadata["message"]).toBe("USPS: the address is not deliverable");
});

test("a price that cannot be expressed is left out and logged", async () => {
  carrier.quoted.rates = [quotedRate({ amount: "9.999" }), quotedRate({ amount: "8.00" })];
  expect((await make()).rates).toHaveLength(1);
  expect(under.logged.map(({ msg }) => msg)).toContain("a rate cannot be expressed exactly");
});

test.each([
  ["currency that does not exist", { currencyCode: "ABC" }],
  ["parcel without a weight", { parcel: { lengthMm: 1, widthMm: 1, heightMm: 1 } }],
  ["missing address", { address: undefined }],
])("a %s is an invalid argument", async (_, fields) => {
  expect(reasonOf(await failureOf(make(fields)))).toBe("INVALID_ARGUMENT");
  expect(carrier.consignments).toEqual([]);
});

test("only services make shipments", async () => {
  expect(reasonOf(await failureOf(under.client.createShipment(shipmentRequest(), staff)))).toBe(
    "PERMISSION_DENIED",
  );
});

test("shipments are listed by page, the newest first, also of one order", async () => {
  const orderId = newId("ord");
  const ids: string[] = [];
  for (const _ of "abc") {
    under.later(1000);
    ids.unshift((await make({ shipmentId: newId("shp"), orderId })).id);
  }
  await make({ shipmentId: newId("shp"), orderId: "ord_other" });
  const first = await under.client.listShipments({ orderId, pageSize: 2 }, staff);
  expect(first.shipments.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const next = { orderId, pageSize: 2, pageToken: first.nextPageToken };
  statements.length = 0;
  const second = await under.client.listShipments(next, staff);
  expect(statements).toHaveLength(1);
  expect(second.shipments.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(second.nextPageToken).toBe("");
  expect((await under.client.listShipments({}, staff)).shipments.length).toBeGreaterThan(3);
  const foreign = under.client.listShipments({ ...next, orderId: "ord_other" }, staff);
  expect(reasonOf(await failureOf(foreign))).toBe("PAGE_TOKEN_INVALID");
});
