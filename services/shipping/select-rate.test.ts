import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { shippingSchema } from "./migrations/index.ts";
import { FakeCarrier, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;
let requestId: string;
let cheap: string;
let dear: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  const carrier = new FakeCarrier();
  carrier.quoted.rates = [quotedRate({ amount: "4.00" }), quotedRate({ amount: "9.00" })];
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  requestId = newId("req");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  [cheap = "", dear = ""] = rates.map(({ id }) => id);
});

const select = (rateId: string, key = "", who = staff) =>
  under.client.selectRate({ shipmentId, rateId, requestId: key }, who);
const chosen = () => under.client.getShipment({ shipmentId }, staff).then(({ rateId }) => rateId);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);

test("the same key gives the first answer and changes nothing, also at once", async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => select(cheap, requestId)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  under.later(1000);
  await select(dear);
  expect(await select(cheap, requestId)).toEqual(answers[0]);
  expect(await chosen()).toBe(dear);
});

test("the same key with another rate is refused; of another caller it is another key", async () => {
  await select(cheap, requestId);
  expect(await reasonFrom(select(dear, requestId))).toBe("REQUEST_ID_REUSED");
  expect(await chosen()).toBe(cheap);
  expect(await reasonFrom(select(dear, requestId, as.staffWith({ id: "other" })))).toBe("none");
  expect(await chosen()).toBe(dear);
});

test("a refused choice leaves its key unused", async () => {
  expect(await reasonFrom(select("rate_unknown", requestId))).toBe("RATE_NOT_FOUND");
  expect(await reasonFrom(select(dear, requestId))).toBe("none");
});
