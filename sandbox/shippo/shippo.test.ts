import { Shippo } from "shippo";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Harness, startHarness } from "../test/harness.ts";
import { type AddressFields, type ParcelFields } from "./records.ts";
import { attributesOf, quote } from "./tariff.ts";
import { trackingNumber } from "./tracking-number.ts";

let sandbox: Harness;
let shippo: Shippo;
let now = Date.parse("2026-11-20T10:00:00Z");
beforeAll(async () => {
  sandbox = await startHarness({ clock: () => new Date(now) });
  shippo = sandbox.shippo;
});
afterAll(async () => await sandbox[Symbol.asyncDispose]());

const shop = {
  name: "Shop",
  street1: "215 Clayton St.",
  city: "San Francisco",
  state: "CA",
  zip: "94117",
  country: "US",
};
const buyer = {
  name: "Ada",
  street1: "350 5th Ave",
  city: "New York",
  state: "NY",
  zip: "10001",
  country: "US",
  email: "Ada@example.com",
};
const parcel = {
  massUnit: "lb",
  weight: "2",
  distanceUnit: "in",
  height: "4",
  length: "10",
  width: "8",
} as const;

function ship(
  change: { addressTo?: typeof buyer | string; parcels?: (typeof parcel | string)[]; async?: boolean } = {},
) {
  return shippo.shipments.create({
    addressFrom: shop,
    addressTo: buyer,
    parcels: [parcel],
    async: false,
    ...change,
  });
}

describe("rates", () => {
  test("a shipment has rates of several carriers at once", async () => {
    const shipment = await ship();
    expect(shipment.status).toBe("SUCCESS");
    expect(new Set(shipment.rates.map(({ provider }) => provider))).toEqual(
      new Set(["USPS", "UPS", "FedEx"]),
    );
    const attributes = shipment.rates.flatMap((rate) => rate.attributes);
    expect(attributes.toSorted()).toEqual(["BESTVALUE", "CHEAPEST", "FASTEST"]);
    const [first] = shipment.rates;
    expect(first).toMatchObject({
      amount: "7.04",
      currency: "USD",
      estimatedDays: 5,
      servicelevel: { token: "usps_ground_advantage" },
    });
    expect(await shippo.rates.get(first?.objectId ?? "")).toEqual(first);
  });

  test("an asynchronous shipment is queued, then has its rates", async () => {
    const shipment = await ship({ async: true });
    expect([shipment.status, shipment.rates]).toEqual(["QUEUED", []]);
    expect((await shippo.shipments.get(shipment.objectId)).status).toBe("SUCCESS");
    const rates = await shippo.rates.listShipmentRates(shipment.objectId);
    expect(rates.results).toHaveLength(9);
    const euro = await shippo.rates.listShipmentRatesByCurrencyCode({
      shipmentId: shipment.objectId,
      currencyCode: "EUR",
    });
    expect(euro.results?.[0]).toMatchObject({ amount: "7.04", amountLocal: "6.48", currencyLocal: "EUR" });
  });

  const from: AddressFields = { country: "US", zip: "94117", street1: "a", city: "b" };
  const box: ParcelFields = {
    length: "10",
    width: "8",
    height: "4",
    distance_unit: "in",
    weight: "2",
    mass_unit: "lb",
  };
  const cheapest = (to: Partial<AddressFields>, change: Partial<ParcelFields> = {}) =>
    quote({ from, to: { ...from, ...to }, parcels: [{ ...box, ...change }] }).rates[0]?.cents ?? Number.NaN;

  test("the same shipment always costs the same; farther and heavier costs more", () => {
    expect(cheapest({})).toBe(cheapest({}));
    expect(cheapest({ zip: "10001" })).toBeGreaterThan(cheapest({ zip: "94110" }));
    expect(cheapest({}, { weight: "9" })).toBeGreaterThan(cheapest({}));
    expect(cheapest({ country: "DE" })).toBeGreaterThan(cheapest({ zip: "10001" }));
  });

  test.each([
    ["kilograms", { weight: "0.907", mass_unit: "kg" }],
    ["ounces", { weight: "32", mass_unit: "oz" }],
    ["grams", { weight: "907", mass_unit: "g" }],
  ] as const)("two pounds may be told in %s", (_, change) => {
    expect(cheapest({}, change)).toBe(cheapest({}));
  });

  test("too heavy a parcel has no rates of that carrier, and messages say why", () => {
    const { rates, messages } = quote({ from, to: from, parcels: [{ ...box, weight: "80" }] });
    expect(rates.some((rate) => rate.service.startsWith("usps"))).toBe(false);
    expect(messages.filter(({ source }) => source === "USPS")).toHaveLength(3);
  });

  test("of equals the cheaper is the fastest", () => {
    const rates = [
      { service: "a", cents: 300, days: 1, zone: 1 },
      { service: "b", cents: 200, days: 1, zone: 1 },
    ];
    expect(rates.map((rate) => attributesOf(rates, rate))).toEqual([
      [],
      ["CHEAPEST", "FASTEST", "BESTVALUE"],
    ]);
  });
});

describe("labels", () => {
  test("a rate is bought, found again, and opens as a PDF", async () => {
    const shipment = await ship();
    const rate = shipment.rates[0]?.objectId ?? "";
    const bought = await shippo.transactions.create({
      rate,
      labelFileType: "PDF_4x6",
      async: false,
      metadata: "order 7",
    });
    expect(bought).toMatchObject({ status: "SUCCESS", metadata: "order 7", rate });
    expect(bought.trackingNumber).toMatch(/^92\d{20}$/);
    expect(bought.trackingUrlProvider).toContain(bought.trackingNumber);
    expect(bought.labelUrl).toBe(`${sandbox.url}/sandbox/labels/${bought.objectId}.pdf`);

    const label = await fetch(bought.labelUrl ?? "");
    expect(label.headers.get("content-type")).toBe("application/pdf");
    const bytes = Buffer.from(await label.arrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect(bytes.toString("latin1")).toContain("/MediaBox [0 0 288 432]");

    expect(await shippo.transactions.get(bought.objectId ?? "")).toEqual(bought);
    const found = await shippo.transactions.list({ rate, objectStatus: "SUCCESS" });
    expect(found.results).toEqual([bought]);
    expect((await shippo.transactions.list({ rate, objectStatus: "ERROR" })).results).toEqual([]);
  });

  test("an asynchronous purchase is queued, then has its label", async () => {
    const shipment = await ship();
    const queued = await shippo.transactions.create({ rate: shipment.rates[1]?.objectId ?? "", async: true });
    expect([queued.status, queued.labelUrl]).toEqual(["QUEUED", undefined]);
    expect(await shippo.transactions.get(queued.objectId ?? "")).toMatchObject({ status: "SUCCESS" });
  });

  test("what the carrier refuses is a transaction with messages", async () => {
    const { name: _, ...nameless } = buyer;
    const shipment = await ship({ addressTo: nameless as typeof buyer });
    const refused = await shippo.transactions.create({
      rate: shipment.rates[0]?.objectId ?? "",
      async: false,
    });
    expect(refused).toMatchObject({
      status: "ERROR",
      messages: [{ source: "USPS", text: "The recipient's name is missing." }],
    });
    expect(refused.labelUrl).toBeUndefined();
    expect((await fetch(`${sandbox.url}/sandbox/labels/${refused.objectId}.pdf`)).status).toBe(404);
  });

  test("a rate can be bought for a week", async () => {
    const shipment = await ship();
    now += 8 * 86_400_000;
    const late = await shippo.transactions.create({ rate: shipment.rates[0]?.objectId ?? "", async: false });
    expect(late).toMatchObject({ status: "ERROR", messages: [{ text: expect.stringContaining("expired") }] });
  });

  test("a label is voided once", async () => {
    const shipment = await ship();
    const bought = await shippo.transactions.create({
      rate: shipment.rates[0]?.objectId ?? "",
      async: false,
    });
    const refund = await shippo.refunds.create({ transaction: bought.objectId ?? "", async: false });
    expect(refund).toMatchObject({ status: "SUCCESS", transaction: bought.objectId });
    expect(await shippo.transactions.get(bought.objectId ?? "")).toMatchObject({ status: "REFUNDED" });
    await expect(shippo.refunds.create({ transaction: bought.objectId ?? "" })).rejects.toMatchObject({
      statusCode: 400,
    });
    expect((await shippo.refunds.list({})).results).toEqual([refund]);
    expect(await shippo.refunds.get(refund.objectId ?? "")).toEqual(refund);
  });

  test("shipment and label in one request", async () => {
    const bought = await shippo.transactions.create({
      shipment: { addressFrom: shop, addressTo: buyer, parcels: [parcel] },
      carrierAccount: (await ship()).rates.find(({ provider }) => provider === "UPS")?.carrierAccount ?? "",
      servicelevelToken: "ups_ground",
      async: false,
    });
    expect(bought).toMatchObject({ status: "SUCCESS", trackingNumber: expect.stringMatching(/^1Z/) });
  });

  test.each([
    ["USPS", /^92\d{20}$/],
    ["UPS", /^1Z[0-9A-Z]{16}$/],
    ["FedEx", /^\d{12}$/],
    ["DHL Express", /^\d{10}$/],
  ] as const)("%s numbers its parcels as the carrier does", (carrier, pattern) => {
    expect(trackingNumber({ carrier, transaction: "0123456789abcdef0123456789abcdef" })).toMatch(pattern);
  });
});

describe("addresses and parcels", () => {
  test("saved ones are used by id", async () => {
    const to = await shippo.addresses.create({ ...buyer, validate: true });
    expect(to).toMatchObject({ isComplete: true, validationResults: { isValid: true } });
    const box = await shippo.parcels.create(parcel);
    const shipment = await ship({ addressTo: to.objectId ?? "", parcels: [box.objectId ?? ""] });
    expect(shipment.addressTo.objectId).toBe(to.objectId);
    expect(shipment.parcels[0]?.objectId).toBe(box.objectId);
    expect((await shippo.shipments.get(shipment.objectId)).objectId).toBe(shipment.objectId);
  });

  test("an address can be checked", async () => {
    const bad = await shippo.addresses.create({ ...buyer, zip: "ABC", validate: false });
    expect((await shippo.addresses.validate(bad.objectId ?? "")).validationResults?.isValid).toBe(false);
  });

  test("lists page", async () => {
    for (let n = 0; n < 3; n += 1) await shippo.parcels.create({ ...parcel, weight: String(n + 1) });
    const first = await shippo.parcels.list(1, 2);
    expect([first.results?.map(({ weight }) => weight), first.previous]).toEqual([["3", "2"], undefined]);
    expect(first.next).toContain("page=2");
  });
});

describe("refusals", () => {
  const post = async (path: string, body: unknown, authorization = "ShippoToken shippo_test_x") => {
    const answer = await fetch(sandbox.url + path, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  const required = ["This field is required."];
  const wire = { length: "1", width: "1", height: "1", distance_unit: "in", weight: "1", mass_unit: "lb" };
  test.each<[string, string, unknown, unknown]>([
    [
      "an empty shipment",
      "/shipments",
      {},
      { address_from: required, address_to: required, parcels: required },
    ],
    ["no country", "/addresses", { name: "x" }, { country: required }],
    ["a country that is none", "/addresses", { country: "XQ" }, { country: ['"XQ" is not a valid choice.'] }],
    ["a number for a text", "/parcels", { ...wire, length: 5 }, { length: ["A valid number is required."] }],
    ["no weight", "/parcels", { ...wire, weight: "0" }, { weight: ["Ensure this value is greater than 0."] }],
    [
      "an unknown unit",
      "/parcels",
      { ...wire, mass_unit: "stone" },
      { mass_unit: ['"stone" is not a valid choice.'] },
    ],
    ["no rate", "/transactions", {}, { rate: required }],
    [
      "an unknown rate",
      "/transactions",
      { rate: "r" },
      { rate: ["Rate with supplied object_id r not found."] },
    ],
    [
      "an unknown label type",
      "/transactions",
      { rate: "r", label_file_type: "GIF" },
      { label_file_type: ['"GIF" is not a valid choice.'] },
    ],
    ["no JSON", "/shipments", "{", { detail: expect.stringContaining("JSON parse error") }],
    ["an array", "/shipments", [], { detail: expect.stringContaining("JSON parse error") }],
  ])("%s", async (_, path, body, error) => {
    expect(await post(path, body)).toEqual({ status: 400, body: error });
  });

  test.each(["", "ShippoToken shippo_live_x", "Bearer shippo_test_x"])(
    "the credentials %j are refused",
    async (authorization) => {
      expect((await post("/addresses", buyer, authorization)).status).toBe(401);
      const other = new Shippo({ apiKeyHeader: authorization, serverURL: sandbox.url });
      await expect(other.addresses.list()).rejects.toMatchObject({ statusCode: 401 });
    },
  );

  test("unknown ids are 404", async () => {
    await expect(shippo.rates.get("0".repeat(32))).rejects.toMatchObject({ statusCode: 404 });
    await expect(shippo.shipments.get("x")).rejects.toMatchObject({ statusCode: 404 });
  });
});
