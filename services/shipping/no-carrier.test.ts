import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Shipment_State as State,
  ValidateAddressResponse_Verdict,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { newId } from "../../lib/ids/ids.ts";
import { outcomeOf } from "../../lib/testing/failures.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { shippingSchema } from "./migrations/index.ts";
import { noCarrier } from "./no-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

let database: TestDatabase;
let under: ReturnType<typeof shippingUnderTest>;
beforeAll(async () => {
  database = await testDatabase(shippingSchema);
  under = shippingUnderTest({ db: database.db, carrier: noCarrier });
});
afterAll(() => database?.[Symbol.asyncDispose]());

const create = (shipmentId: string) => under.client.createShipment(shipmentRequest({ shipmentId }), order);

test("a shop without a carrier ships at its flat rates, and only at them", async () => {
  expect(await outcomeOf(create(newId("shp")))).toMatchObject({ reason: "ADDRESS_REFUSED" });
  const tiers = [{ price: { currencyCode: "USD", amount: 900n } }];
  await under.client.createFlatRate({ flatRate: { title: "Courier", tiers } }, staff);
  const shipmentId = newId("shp");
  const { rates } = await create(shipmentId);
  expect(rates).toMatchObject([{ service: "Courier", price: { amount: 900n } }]);
  const [rate] = rates;
  const ready = await under.client.buyLabel({ shipmentId, rateId: rate?.id ?? "" }, staff);
  expect(ready.state).toBe(State.READY);
  const shipped = await under.client.markShipped({ shipmentId, carrier: "Bike", trackingNumber: "7" }, staff);
  expect(shipped).toMatchObject({ state: State.SHIPPED, trackingNumber: "7" });
  expect(await outcomeOf(under.client.createReturn({ shipmentId }, staff))).not.toHaveProperty("answer");
});

test("an address is not checked, and that is said", async () => {
  const { address } = shipmentRequest();
  const { verdict } = await under.client.validateAddress({ address } as object, staff);
  expect(verdict).toBe(ValidateAddressResponse_Verdict.UNCHECKED);
});
