import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { shippingSchema } from "../../services/shipping/migrations/index.ts";
import { leaseMs } from "../../services/shipping/shipment.ts";
import { createShippoCarrier } from "../../services/shipping/shippo-carrier.ts";
import {
  order,
  shipmentRequest,
  shippingUnderTest,
  staff,
} from "../../services/shipping/testing/shipping.ts";
import { apiKey, bought, label, sender, shipment } from "./shippo-answers.ts";
import { type Answer, json, page, reset, silence, startVendorServer, truncated } from "./vendor-server.ts";

const timeoutMs = 1_000;
let server: Awaited<ReturnType<typeof startVendorServer>>;
let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
let request: { shipmentId: string; rateId: string };

beforeAll(async () => {
  server = await startVendorServer();
  database = await testDatabase(shippingSchema);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const carrier = createShippoCarrier({ apiKey, serverUrl: server.url, timeoutMs, sender });
  under = shippingUnderTest({ db: database.db, carrier });
  server.answer(json(201, shipment));
  const shipmentId = newId("shp");
  const { rates } = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  request = { shipmentId, rateId: rates[0]?.id ?? "" };
});

const buy = () => under.client.buyLabel(request, staff);
const orders = () => server.seen.filter(({ method }) => method === "POST").length;
const listed = (...results: object[]) => json(200, { next: null, previous: null, results });
const queued = { object_id: "t1", status: "QUEUED", rate: "r1" };

/** Shippo takes the order and gives this answer; then it lists what it has. */
test.each<[string, Answer, Answer[]]>([
  ["times out", silence, [listed(bought)]],
  ["is cut off", reset, [listed(bought)]],
  ["breaks off", truncated, [listed(bought)]],
  ["is 500", page(500), [listed(bought)]],
  ["is 503", page(503), [listed(bought)]],
  ["is 504", page(504), [listed(bought)]],
  ["is 429", json(429, { detail: "slow down" }), [listed(bought)]],
  ["cannot be understood", json(201, { hello: "world" }), [listed(bought)]],
  ["is lost, and the purchase is still queued", silence, [listed(queued), json(200, bought)]],
  ["is QUEUED, and asking for it fails", json(201, queued), [page(500), listed(queued), json(200, bought)]],
])("a purchase that Shippo carries out although its answer %s is one label", async (_, answer, after) => {
  server.answer(answer, ...after);
  expect(await buy().then(() => "none", reasonOf)).toBe("PROVIDER_UNAVAILABLE");
  under.later(leaseMs({ timeoutMs }));
  expect(await buy()).toMatchObject({ state: Shipment_State.LABELED, ...label });
  expect(orders()).toBe(1);
});

test("a purchase that stays queued is waited for by each call, and never repeated", async () => {
  server.answer(json(201, queued), json(200, queued));
  expect(await buy().then(() => "none", reasonOf)).toBe("PROVIDER_UNAVAILABLE");
  server.answer(listed(queued), json(200, { ...queued, status: "WAITING" }));
  under.later(leaseMs({ timeoutMs }));
  expect(await buy().then(() => "none", reasonOf)).toBe("PROVIDER_UNAVAILABLE");
  expect(orders()).toBe(0);
  server.answer(listed({ ...queued, status: "WAITING" }), json(200, bought));
  under.later(leaseMs({ timeoutMs }));
  expect(await buy()).toMatchObject(label);
  expect(orders()).toBe(0);
});

test("a purchase that was queued and then failed is refused, and can be begun anew", async () => {
  const failed = { ...queued, status: "ERROR", messages: [{ text: "no funds" }] };
  server.answer(json(201, queued), json(200, failed));
  expect(await buy().then(() => "none", reasonOf)).toBe("LABEL_REFUSED");
  server.answer(json(201, bought));
  expect(await buy()).toMatchObject(label);
});
