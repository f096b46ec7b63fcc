import { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { ValidateAddressResponse_Verdict as Verdict } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { as } from "../../lib/rpc/testing/interceptors.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { toRemarks } from "./shippo-address.ts";
import { FakeCarrier } from "./testing/fake-carrier.ts";
import { shippingUnderTest } from "./testing/shipping.ts";

const address = {
  ...{ name: "Ada", line1: "965 mission st", line2: "", city: "San Francisco" },
  ...{ state: "CA", postalCode: "94103", countryCode: "US" },
};
let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
beforeAll(async () => {
  database = await testDatabase(shippingSchema);
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(() => {
  carrier = new FakeCarrier();
  under = shippingUnderTest({ db: database.db, carrier });
});
const check = (who = as.guest("token")) => under.client.validateAddress({ address }, who);

test("a good address is valid, and other letter case is no suggestion", async () => {
  carrier.checked = { standard: { ...address, line1: "965 MISSION ST" } };
  const answer = await check();
  expect(answer).toMatchObject({ verdict: Verdict.VALID, remarks: [] });
  expect(answer.suggestion).toBeUndefined();
});

test("a bad one is told by field, with what the post would write", async () => {
  const standard = { ...address, postalCode: "94103-1234" };
  carrier.checked = {
    valid: false,
    remarks: [{ field: "postalCode", description: "no such zip" }],
    standard,
  };
  expect(await check()).toMatchObject({
    verdict: Verdict.INVALID,
    remarks: [{ field: "postal_code", description: "no such zip" }],
    suggestion: standard,
  });
});

test("a provider that is away has no opinion, and blocks nobody", async () => {
  carrier.lookupFails = new CarrierUnavailable("no answer", { pending: true });
  expect(await check()).toMatchObject({ verdict: Verdict.UNCHECKED, remarks: [] });
});

test("who asks too often is told when to ask again; others may ask", async () => {
  for (let i = 0; i < 30; i++) await check();
  const failure: unknown = await check().catch((err: unknown) => err);
  expect(reasonOf(failure)).toBe("TOO_MANY_CHECKS");
  expect(ConnectError.from(failure).findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(60n);
  expect(await check(as.guest("other"))).toMatchObject({ verdict: Verdict.VALID });
  under.later(60_000);
  expect(await check()).toMatchObject({ verdict: Verdict.VALID });
});

test.each([
  ["Invalid ZIP: The zip code is wrong", "postalCode"],
  ["zip: Ensure this field has no more than 100 characters.", "postalCode"],
  ["Unknown Street: City, State and ZIP Code are valid, but street address is not a match.", "line1"],
  ["street1: This field is required.", "line1"],
  ["Multiple Match: Apartment missing", "line2"],
  ["The city is unknown", "city"],
  ['country: "XX" is not a valid choice.', "countryCode"],
  ["Address Not Found: nothing like it", ""],
])("%j is about %j", (text, field) => {
  expect(toRemarks([text])).toEqual([{ field, description: text }]);
});
