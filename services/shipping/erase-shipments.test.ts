import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpBodySchema } from "../../gen/google/api/httpbody_pb.js";
import { AddressSchema } from "../../gen/rowlock/type/v1/address_pb.js";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { storedText } from "../../lib/testing/stored-text.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff, webhookToken } from "./testing/shipping.ts";

const statements: string[] = [];
let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
beforeAll(async () => {
  database = await testDatabase(shippingSchema, { onStatement: (text) => statements.push(text) });
  under = shippingUnderTest({ db: database.db, carrier: new FakeCarrier() });
});
afterAll(() => database?.[Symbol.asyncDispose]());

const erase = () => under.client.eraseShipments({ orderIds: ["ord_1", "ord_none"] }, as.service("customer"));
const personal = /Ada Lovelace|965 Mission St|Apt 4|San Francisco|94103/;

test("blots out where the parcels went, and what was told of them; again changes nothing", async () => {
  const { id: shipmentId, rates } = await under.client.createShipment(shipmentRequest(), order);
  const elsewhere = { shipmentId: "shp_2", orderId: "ord_2" };
  const other = await under.client.createShipment(shipmentRequest(elsewhere), order);
  const before = await under.client.buyLabel({ shipmentId, rateId: rates[0]?.id ?? "" }, order);
  const told = {
    event: "track_updated",
    data: { tracking_number: before.trackingNumber, address_to: { zip: "94103" } },
  };
  await under.client.receiveShippoWebhook({
    token: webhookToken,
    content: create(HttpBodySchema, { data: Buffer.from(JSON.stringify(told)) }),
  });
  await under.work();
  expect((await under.client.listWebhookEvents({}, staff)).events).toHaveLength(1);

  await erase();
  const address = create(AddressSchema, { state: "CA", countryCode: "US" });
  expect(await under.client.getShipment({ shipmentId }, staff)).toEqual({ ...before, address });
  expect(await under.client.getShipment({ shipmentId: other.id }, staff)).toEqual(other);
  expect((await under.client.listWebhookEvents({}, staff)).events).toEqual([]);
  const rows = (await storedText(database.db)).split("\n").filter((row) => !row.includes("ord_2"));
  expect(rows.join("\n")).not.toMatch(personal);
  statements.length = 0;
  await erase();
  expect(statements).toHaveLength(4);
  expect(await under.client.getShipment({ shipmentId }, staff)).toEqual({ ...before, address });
});
