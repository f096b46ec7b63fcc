import { type CallOptions, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { Shipment_State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { sql } from "../../lib/db/index.ts";
import { errorInfo, reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type TestDatabase, testDatabase } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { CarrierRefused, CarrierUnavailable } from "./carrier.ts";
import { shippingSchema } from "./migrations/index.ts";
import { leaseMs } from "./shipment.ts";
import { FakeCarrier, labelOf, quotedRate } from "./testing/fake-carrier.ts";
import { order, shipmentRequest, shippingUnderTest, staff } from "./testing/shipping.ts";

const statements: string[] = [];
let database: TestDatabase;
let carrier: FakeCarrier;
let under: ReturnType<typeof shippingUnderTest>;
let shipmentId: string;
let cheap: string;
let dear: string;

beforeAll(async () => {
  database = await testDatabase(shippingSchema, { onStatement: (text) => statements.push(text) });
});
afterAll(() => database?.[Symbol.asyncDispose]());
beforeEach(async () => {
  carrier = new FakeCarrier();
  carrier.quoted.rates = [
    quotedRate({ providerId: "cheap", amount: "4.00" }),
    quotedRate({ providerId: "dear", amount: "9.00" }),
  ];
  under = shippingUnderTest({ db: database.db, carrier });
  shipmentId = newId("shp");
  const shipment = await under.client.createShipment(shipmentRequest({ shipmentId }), order);
  [cheap = "", dear = ""] = shipment.rates.map(({ id }) => id);
  statements.length = 0;
});

const select = (rateId: string) => under.client.selectRate({ shipmentId, rateId }, staff);
const buy = (rateId = "", who: CallOptions = staff) => under.client.buyLabel({ shipmentId, rateId }, who);
/** Somebody with less time than a wait takes. */
const hurried: CallOptions = { ...staff, timeoutMs: 400 };
const get = () => under.client.getShipment({ shipmentId }, staff);
const reasonFrom = (call: Promise<unknown>) => call.then(() => "none", reasonOf);

test("the label of the chosen rate is bought, and buying again returns it", async () => {
  await select(dear);
  statements.length = 0;
  const labeled = await buy();
  expect(statements).toHaveLength(2);
  expect(labeled).toMatchObject({ state: Shipment_State.LABELED, rateId: dear, ...labelOf("dear") });
  expect(await buy()).toEqual(labeled);
  expect(await buy(cheap)).toEqual(labeled);
  expect(carrier.sold).toEqual(["dear"]);
  expect(carrier.lookups).toBe(0);
});

test("a rate named in the purchase is chosen by it", async () => {
  await select(dear);
  expect(await buy(cheap)).toMatchObject({ rateId: cheap, ...labelOf("cheap") });
});

test.each([
  ["no rate is chosen", "", "RATE_NOT_SELECTED"],
  ["the rate is of another shipment", "rate_unknown", "RATE_NOT_FOUND"],
])("nothing is bought when %s", async (_, rateId, reason) => {
  expect(await reasonFrom(buy(rateId))).toBe(reason);
  expect(carrier.sold).toEqual([]);
  expect((await get()).state).toBe(Shipment_State.RATED);
});

test("an unknown shipment is not found", async () => {
  shipmentId = "shp_unknown";
  expect(await reasonFrom(buy())).toBe("SHIPMENT_NOT_FOUND");
  expect(await reasonFrom(select("r"))).toBe("SHIPMENT_NOT_FOUND");
  expect(await reasonFrom(get())).toBe("SHIPMENT_NOT_FOUND");
});

test("of concurrent purchases, of two processes, one buys, and all get its label", async () => {
  await select(cheap);
  const other = shippingUnderTest({ db: database.open("shipping"), carrier });
  let sell: () => void = () => undefined;
  carrier.nextSale = () =>
    new Promise((resolve) => {
      sell = resolve;
    });
  statements.length = 0;
  const calls = Array.from({ length: 12 }, (_, i) =>
    (i % 2 === 0 ? under : other).client.buyLabel({ shipmentId }, staff),
  );
  // The sale goes on only when all the others have seen it.
  await waitFor(() => statements.filter((text) => /^\s*select/.test(text)).length >= 11);
  sell();
  const labels = (await Promise.all(calls)).map(({ labelUrl }) => labelUrl);
  expect(labels).toEqual(Array(12).fill(labelOf("cheap").labelUrl));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("while a purchase is under way the rate cannot change, and who has no time to wait is told how long", async () => {
  await select(cheap);
  const meanwhile: (string | undefined)[] = [];
  let wait: bigint | undefined;
  carrier.nextSale = async () => {
    meanwhile.push(await reasonFrom(select(dear)), await reasonFrom(select(cheap)));
    const failure: unknown = await buy("", hurried).catch((err: unknown) => err);
    meanwhile.push(reasonOf(failure));
    wait = ConnectError.from(failure).findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds;
    expect((await get()).state).toBe(Shipment_State.BUYING);
  };
  await buy();
  expect(meanwhile).toEqual(["LABEL_IN_PROGRESS", "none", "LABEL_IN_PROGRESS"]);
  expect(wait).toBe(BigInt(leaseMs(carrier) / 1000));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a label that was bought, and whose answer was lost, is found and not bought again", async () => {
  await select(cheap);
  carrier.nextSale = carrier.sellAndCutOff("cheap");
  expect(await reasonFrom(buy())).toBe("PROVIDER_UNAVAILABLE");
  // Too early to look: the purchase may not be listed yet.
  expect(await reasonFrom(buy("", hurried))).toBe("LABEL_IN_PROGRESS");
  expect(carrier.lookups).toBe(0);
  under.later(leaseMs(carrier));
  expect(await buy()).toMatchObject({ state: Shipment_State.LABELED, ...labelOf("cheap") });
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a label that was bought before the carrier answered with an error is found at once", async () => {
  await select(cheap);
  carrier.nextSale = () => {
    carrier.sold.push("cheap");
    return Promise.reject(new CarrierUnavailable("Shippo answered 500", { pending: false }));
  };
  expect(await reasonFrom(buy())).toBe("PROVIDER_UNAVAILABLE");
  expect(await buy("", hurried)).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a call that waits takes over when the time of the other is up", async () => {
  await select(cheap);
  carrier.nextSale = () => {
    carrier.sold.push("cheap");
    return new Promise(() => undefined);
  };
  void buy().catch(() => undefined);
  await waitFor(() => carrier.sold.length === 1);
  statements.length = 0;
  const waiting = buy();
  await waitFor(() => statements.length >= 2);
  under.later(leaseMs(carrier));
  expect(await waiting).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
  expect(carrier.lookups).toBe(1);
});

test("a purchase whose process died is taken over by exactly one call", async () => {
  await select(cheap);
  let died: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  // Sold, and then silence: what a killed process leaves behind.
  carrier.nextSale = () => {
    carrier.sold.push("cheap");
    died();
    return new Promise(() => undefined);
  };
  void buy().catch(() => undefined);
  await dead;
  under.later(leaseMs(carrier));
  await Promise.allSettled(Array.from({ length: 8 }, () => buy()));
  expect(await get()).toMatchObject({ state: Shipment_State.LABELED, ...labelOf("cheap") });
  expect(carrier.sold).toEqual(["cheap"]);
  expect(carrier.lookups).toBe(1);
});

test("a purchase that is taken over is for the rate it was begun with", async () => {
  carrier.nextSale = carrier.sellAndCutOff("cheap");
  await reasonFrom(buy(cheap));
  under.later(leaseMs(carrier));
  expect(await buy(dear)).toMatchObject({ rateId: cheap, ...labelOf("cheap") });
  expect(carrier.sold).toEqual(["cheap"]);
});

test("when the carrier was never reached the next call buys at once, after a look", async () => {
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("ECONNREFUSED", { pending: false }));
  const failure: unknown = await buy(cheap).catch((err: unknown) => err);
  expect(reasonOf(failure)).toBe("PROVIDER_UNAVAILABLE");
  expect(errorInfo(failure)?.metadata).toEqual({ provider: "Fake" });
  await buy();
  expect(carrier.sold).toEqual(["cheap"]);
  expect(carrier.lookups).toBe(1);
});

test("nothing is bought while it is not known whether something was bought", async () => {
  carrier.nextSale = carrier.sellAndCutOff("cheap");
  await reasonFrom(buy(cheap));
  under.later(leaseMs(carrier));
  carrier.lookupFails = new CarrierUnavailable("503", { pending: false });
  expect(await reasonFrom(buy())).toBe("PROVIDER_UNAVAILABLE");
  carrier.lookupFails = undefined;
  expect(await buy()).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a call that lost its time while it looked leaves the purchase to the one that took over", async () => {
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("429", { pending: false }));
  await reasonFrom(buy(cheap));
  const find = carrier.findLabel.bind(carrier);
  carrier.findLabel = async (rate) => {
    carrier.findLabel = find;
    const found = await find(rate);
    under.later(leaseMs(carrier));
    await buy();
    return found;
  };
  expect(await buy()).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a look-up that took long does not shorten the time of the purchase", async () => {
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("429", { pending: false }));
  await reasonFrom(buy(cheap));
  const find = carrier.findLabel.bind(carrier);
  carrier.findLabel = (rate) => {
    under.later(carrier.timeoutMs);
    return find(rate);
  };
  let wait: bigint | undefined;
  carrier.nextSale = async () => {
    const failure: unknown = await buy("", hurried).catch((err: unknown) => err);
    wait = ConnectError.from(failure).findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds;
  };
  await buy();
  expect(wait).toBe(BigInt(leaseMs(carrier) / 1000));
});

test("after a refusal the label of an attempt in doubt is still looked for, also for another rate", async () => {
  // Never heard of again, and bought all the same, but only after the next attempt had looked.
  carrier.nextSale = () => Promise.reject(new CarrierUnavailable("cut off", { pending: true }));
  await reasonFrom(buy(cheap));
  under.later(leaseMs(carrier));
  carrier.nextSale = () => Promise.reject(new CarrierRefused("sold out"));
  expect(await reasonFrom(buy())).toBe("LABEL_REFUSED");
  carrier.sold.push("cheap");
  expect(await buy(dear)).toMatchObject({ rateId: cheap, ...labelOf("cheap") });
  expect(carrier.sold).toEqual(["cheap"]);
});

test("the failure of a call that was taken over changes nothing for those after it", async () => {
  let fail: (err: Error) => void = () => undefined;
  carrier.nextSale = () =>
    new Promise((_, reject) => {
      fail = reject;
    });
  const first = reasonFrom(buy(cheap));
  await waitFor(() => carrier.nextSale === undefined);
  under.later(leaseMs(carrier));
  carrier.nextSale = () => Promise.reject(new CarrierRefused("not today"));
  expect(await reasonFrom(buy())).toBe("LABEL_REFUSED");
  carrier.nextSale = async () => {
    fail(new CarrierUnavailable("503", { pending: false }));
    expect(await first).toBe("PROVIDER_UNAVAILABLE");
    expect(await reasonFrom(buy("", hurried))).toBe("LABEL_IN_PROGRESS");
  };
  await buy();
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a refused purchase says why, and another rate can be chosen", async () => {
  carrier.nextSale = () => Promise.reject(new CarrierRefused("insufficient funds"));
  const failure: unknown = await buy(cheap).catch((err: unknown) => err);
  expect(reasonOf(failure)).toBe("LABEL_REFUSED");
  expect(errorInfo(failure)?.metadata).toEqual({ message: "insufficient funds" });
  expect((await get()).state).toBe(Shipment_State.RATED);
  await select(dear);
  expect(await buy()).toMatchObject(labelOf("dear"));
  expect(carrier.lookups).toBe(0);
});

test("a label that outlived its lease is kept when it is the first, and reported when it is the second", async () => {
  await select(cheap);
  carrier.nextSale = async () => {
    under.later(leaseMs(carrier));
    carrier.findLabel = async () => undefined;
    await buy();
    // The fake sells the same label each time; the stored one is made to differ.
    await database.db.execute(
      sql`update shipment set label_url = 'https://labels.test/first.pdf' where id = ${shipmentId}`,
    );
  };
  expect((await buy()).labelUrl).toBe("https://labels.test/first.pdf");
  expect(under.logged.filter(({ level }) => level >= 50)).toHaveLength(1);
});

test("with a key the first answer is given again, also at once, and another request is refused", async () => {
  await select(cheap);
  const requestId = newId("req");
  const keyed = (rateId: string, key = requestId) =>
    under.client.buyLabel({ shipmentId, rateId, requestId: key }, staff);
  const answers = await Promise.all(Array.from({ length: 6 }, () => keyed(cheap)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  under.later(60_000);
  expect(await keyed(cheap)).toEqual(answers[0]);
  expect(await reasonFrom(keyed(dear))).toBe("REQUEST_ID_REUSED");
  expect(await keyed(cheap, newId("req"))).toEqual(answers[0]);
  expect(carrier.sold).toEqual(["cheap"]);
});

test("a key goes on where its first attempt was cut off, and is free after a refusal", async () => {
  const requestId = newId("req");
  const keyed = (rateId: string) => under.client.buyLabel({ shipmentId, rateId, requestId }, staff);
  carrier.nextSale = () => Promise.reject(new CarrierRefused("not this one"));
  expect(await reasonFrom(keyed(dear))).toBe("LABEL_REFUSED");
  carrier.nextSale = carrier.sellAndCutOff("cheap");
  expect(await reasonFrom(keyed(cheap))).toBe("PROVIDER_UNAVAILABLE");
  expect(await reasonFrom(keyed(dear))).toBe("REQUEST_ID_REUSED");
  under.later(leaseMs(carrier));
  expect(await keyed(cheap)).toMatchObject(labelOf("cheap"));
  expect(carrier.sold).toEqual(["cheap"]);
});

test("selecting is one statement, is repeatable, and ends with the label", async () => {
  expect(await select(cheap)).toMatchObject({ rateId: cheap, state: Shipment_State.RATED });
  expect(statements).toHaveLength(1);
  expect(await reasonFrom(select("rate_unknown"))).toBe("RATE_NOT_FOUND");
  await select(dear);
  await buy();
  expect(await reasonFrom(select(cheap))).toBe("LABEL_ALREADY_BOUGHT");
  expect(await select(dear)).toMatchObject({ state: Shipment_State.LABELED, rateId: dear });
});

test("reading a shipment is one statement", async () => {
  await get();
  expect(statements).toHaveLength(1);
});

test("buying again, and buying while another does, are two statements", async () => {
  await buy(cheap);
  statements.length = 0;
  await buy();
  expect(statements).toHaveLength(2);
});
