import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FlatRateSchema, Shipment_State as State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { newId } from "../../lib/ids/ids.ts";
import { outcomeOf, refusedFields } from "../../lib/testing/failures.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  under = shippingUnderTest({ db: database.db, carrier: new FakeCarrier() });
});

type Fields = Exclude<MessageInitShape<typeof FlatRateSchema>, { $typeName: string }>;

/** It serves a place that no shipment of these tests goes to. */
const content = {
  title: "Courier",
  destinations: [{ countryCode: "AQ" }],
  tiers: [{ price: { currencyCode: "USD", amount: 900n }, goodsFrom: 0n, maxWeightG: 2_000 }],
  estimatedDays: 2,
};
const make = (fields: Fields = {}, requestId = "") =>
  under.client.createFlatRate({ flatRate: { ...content, ...fields }, requestId }, staff);
const get = (flatRateId: string) => under.client.getFlatRate({ flatRateId }, staff);
const update = (flatRate: Fields, paths: string[], requestId = "") =>
  under.client.updateFlatRate({ flatRate, updateMask: { paths }, requestId }, staff);
const remove = (flatRateId: string) => under.client.deleteFlatRate({ flatRateId }, staff);

test("a rate is made, read, listed, changed in part and deleted", async () => {
  const made = await make();
  expect(made).toMatchObject({ title: "Courier", estimatedDays: 2, everywhereElse: false });
  expect(await get(made.id)).toEqual(made);
  under.later(1_000);
  const changed = await update({ id: made.id, title: "Bike", estimatedDays: 9 }, ["title"]);
  expect(changed).toEqual({ ...made, title: "Bike", etag: changed.etag, updateTime: changed.updateTime });
  expect(changed.etag).not.toBe(made.etag);
  const { flatRates } = await under.client.listFlatRates({}, staff);
  expect(flatRates).toContainEqual(changed);
  await remove(made.id);
  await remove(made.id);
  expect(await outcomeOf(get(made.id))).toMatchObject({ reason: "FLAT_RATE_NOT_FOUND" });
  expect(await outcomeOf(update({ id: made.id, title: "Bike" }, ["title"]))).toMatchObject({
    reason: "FLAT_RATE_NOT_FOUND",
    metadata: { flat_rate_id: made.id },
  });
});

test("of two changes made with the same etag one is refused with the etag that is there", async () => {
  const { id, etag } = await make();
  const both = await Promise.all(
    ["Bike", "Ship"].map((title) => outcomeOf(update({ id, etag, title }, ["title"]))),
  );
  const present = await get(id);
  const refused = { reason: "ETAG_MISMATCH", metadata: { flat_rate_id: id, etag: present.etag } };
  expect(both).toContainEqual({ answer: present });
  expect(both).toContainEqual(expect.objectContaining(refused));
});

test.each<[string, Fields, string]>([
  ["without a title", { title: "" }, "flat_rate.title"],
  ["without a price", { tiers: [] }, "flat_rate.tiers"],
  [
    "to a country that is a word",
    { destinations: [{ countryCode: "Chile" }] },
    "flat_rate.destinations[0].country_code",
  ],
  ["two prices for the same", { tiers: [...content.tiers, ...content.tiers] }, "flat_rate.tiers"],
])("a rate %s is refused", async (_what, fields, field) => {
  expect(await refusedFields(make(fields))).toEqual(["INVALID_ARGUMENT", [field]]);
});

test.each([
  ["a name that there is not", ["price"]],
  ["what it gives itself", ["create_time"]],
  ["nothing", []],
])("a change of %s is refused", async (_what, paths) => {
  const { id } = await make();
  expect(await refusedFields(update({ id, title: "Bike" }, paths))).toEqual([
    "UPDATE_MASK_INVALID",
    ["update_mask"],
  ]);
});

test("Order is told of a label that is bought in place of a flat rate", async () => {
  await make({ destinations: [], everywhereElse: true });
  const [shipmentId, orderId] = [newId("shp"), newId("ord")];
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId, orderId }), order);
  const flat = rates.find(({ flatRateId }) => flatRateId !== "")?.id ?? "";
  const carriers = rates.find(({ flatRateId }) => flatRateId === "")?.id ?? "";
  const buy = (rateId: string) => under.client.buyLabel({ shipmentId, rateId }, staff);
  expect((await buy(flat)).state).toBe(State.READY);
  expect(under.moved()).toEqual([]);
  expect((await buy(carriers)).state).toBe(State.LABELED);
  expect(await under.tell()).toEqual([{ orderId, shipmentId }]);
});
