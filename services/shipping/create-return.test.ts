import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierRefused, CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier, labelOf, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

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
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  rateId = rates[0]?.id ?? "";
  await under.client.buyLabel({ shipmentId, rateId }, staff);
  carrier.sold.length = 0;
  carrier.quoted.rates = [
    quotedRate({ providerId: "other", carrier: "UPS", amount: "1.00" }),
    quotedRate({ providerId: "back", amount: "5.00" }),
    quotedRate({ providerId: "fast", amount: "7.00" }),
  ];
});

const parcel = { lengthMm: 200, widthMm: 155, heightMm: 50, weightG: 750 };
const comeBack = (fields: object = {}, by = under) =>
  by.client.createReturn({ shipmentId, parcel, ...fields }, staff);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);

test("goods come back by the carrier that brought them, at its cheapest rate", async () => {
  const back = await comeBack();
  expect(back).toMatchObject({
    ...labelOf("back"),
    ...{ returnOf: shipmentId, orderId: "ord_1", state: Shipment_State.LABELED, carrier: "USPS" },
    address: { name: "Ada Lovelace" },
  });
  expect(carrier.consignments.at(-1)).toMatchObject({
    returnBy: "USPS",
    parcel,
    to: { city: "San Francisco" },
  });
  expect(await comeBack()).toEqual(back);
  expect(await under.client.getShipment({ shipmentId: back.id }, staff)).toEqual(back);
  expect(carrier.sold).toEqual(["back"]);
});

test("of many calls at once, of two processes, one makes the return and buys its label", async () => {
  const other = shippingUnderTest({ db: database.open("shipping"), carrier });
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, i) => comeBack({}, i % 2 === 0 ? under : other)),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(carrier.sold).toEqual(["back"]);
});

test("a label that was voided is followed by another, for the same return", async () => {
  const first = await comeBack();
  await under.client.voidLabel({ shipmentId: first.id }, staff);
  const second = await comeBack();
  expect(second).toMatchObject({
    id: first.id,
    ...labelOf("back", 2),
    voidedLabels: [{ trackingNumber: "T-back" }],
  });
  expect(second.rateId).not.toBe(first.rateId);
});

test("a return whose label was refused, or whose answer was lost, goes on with the next call", async () => {
  carrier.nextSale = () => Promise.reject(new CarrierRefused("no funds"));
  expect(await reasonFrom(comeBack())).toBe("LABEL_REFUSED");
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("ECONNREFUSED", { pending: false }));
  expect(await reasonFrom(comeBack())).toBe("PROVIDER_UNAVAILABLE");
  expect(await comeBack()).toMatchObject(labelOf("back"));
});

test("a request_id answers as the first time", async () => {
  const requestId = newId("req");
  const back = await comeBack({ requestId });
  await under.client.voidLabel({ shipmentId: back.id }, staff);
  expect(await comeBack({ requestId })).toEqual(back);
  expect(await reasonFrom(comeBack({ requestId, shipmentId: "shp_other" }))).toBe("REQUEST_ID_REUSED");
});

test.each([
  ["the shipment is unknown", async () => void (shipmentId = "shp_none"), "SHIPMENT_NOT_FOUND"],
  [
    "it has not been sent",
    async () => {
      shipmentId = newId("shp");
      await under.client.createShipment(shipmentRequest({ shipmentId }), order);
    },
    "SHIPMENT_NOT_SENT",
  ],
  ["it is a return", async () => void (shipmentId = (await comeBack()).id), "SHIPMENT_NOT_SENT"],
  ["its carrier brings nothing back", async () => void carrier.quoted.rates.splice(1), "ADDRESS_REFUSED"],
  [
    "the carrier is away",
    async () => {
      carrier.quoteFails = new CarrierUnavailable("503", { pending: false });
    },
    "PROVIDER_UNAVAILABLE",
  ],
])("nothing comes back when %s", async (_, prepare, reason) => {
  await prepare();
  expect(await reasonFrom(comeBack())).toBe(reason);
});

test("of what is not known to be in it the size is asked for", async () => {
  const failure: unknown = await comeBack({ parcel: undefined }).catch((err: unknown) => err);
  expect(String(failure)).toMatch(/parcel/);
});

test("goods from abroad are declared, and what cannot be declared is refused", async () => {
  const address = { ...shipmentRequest().address, countryCode: "CA" };
  const items = [
    {
      ...{ sku: "MUG", quantity: 2n, title: "Mug" },
      unit: { lengthMm: 100, widthMm: 100, heightMm: 100, weightG: 300 },
      unitPrice: { currencyCode: "USD", amount: 1050n },
      ...{ originCountryCode: "PT", tariffNumber: "6912.00" },
    },
  ];
  shipmentId = newId("shp");
  const abroad = { shipmentId, address, items, parcel: undefined } as object;
  const { rates } = await under.client.createShipment(shipmentRequest(abroad), order);
  const declared = {
    ...{ sku: "MUG", description: "Mug", quantity: 2, weightG: 600, value: "21.00", currencyCode: "USD" },
    ...{ originCountryCode: "PT", tariffNumber: "6912.00" },
  };
  expect(carrier.consignments.at(-1)?.customs).toEqual([declared]);
  const own = rates.find(({ carrier: by }) => by === "USPS")?.id ?? "";
  await under.client.buyLabel({ shipmentId, rateId: own }, staff);
  await comeBack({ parcel: undefined });
  expect(carrier.consignments.at(-1)).toMatchObject({ customs: [declared], returnBy: "USPS" });

  for (const [fields, missing] of [
    [{ items: [] as typeof items, parcel }, "items"],
    [{ items: items.map((item) => ({ ...item, title: "" })) }, "title"],
    [{ items: items.map((item) => ({ ...item, unitPrice: undefined })) }, "unit_price"],
    [{ items: items.map((item) => ({ ...item, tariffNumber: "" })) }, "tariff_number"],
  ] as const) {
    const request = shipmentRequest({ ...abroad, shipmentId: newId("shp"), ...(fields as object) });
    const failure: unknown = await under.client.createShipment(request, order).catch((err: unknown) => err);
    expect(reasonOf(failure)).toBe("CUSTOMS_DATA_MISSING");
    expect(errorInfo(failure)?.metadata).toMatchObject({ missing });
  }
});

test("returns are for staff", async () => {
  expect(await reasonFrom(under.client.createReturn({ shipmentId }, as.guest("token")))).toBe(
    "PERMISSION_DENIED",
  );
});
