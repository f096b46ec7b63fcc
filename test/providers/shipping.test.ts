import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { type Carrier, CarrierRefused, CarrierUnavailable } from "../../services/shipping/carrier.ts";
import { createShippoCarrier } from "../../services/shipping/shippo-carrier.ts";
import { apiKey, bought, consignment, label, purchase, sender, shipment } from "./shippo-answers.ts";
import {
  type Answer,
  deadUrl,
  drip,
  everythingIn,
  json,
  malformed,
  page,
  rejectionOf,
  reset,
  silence,
  startVendorServer,
  truncated,
} from "./vendor-server.ts";

let server: Awaited<ReturnType<typeof startVendorServer>>;
let carrier: Carrier;
beforeAll(async () => {
  server = await startVendorServer();
  carrier = createShippoCarrier({ apiKey, serverUrl: server.url, timeoutMs: 400, sender });
});
afterAll(() => server?.[Symbol.asyncDispose]());

const posts = () => server.seen.filter(({ method }) => method === "POST").map(({ path }) => path);

describe("rates", () => {
  test("metric parcels and addresses are sent as Shippo writes them", async () => {
    server.answer(json(201, shipment));
    expect(await carrier.quote(consignment)).toEqual({
      providerId: "s1",
      remarks: "",
      rates: [
        {
          providerId: "r1",
          carrier: "USPS",
          service: "Priority Mail",
          amount: "9.90",
          currencyCode: "USD",
          estimatedDays: 2,
          attributes: ["CHEAPEST"],
        },
      ],
    });
    const [request] = server.seen;
    expect(request).toMatchObject({ method: "POST", path: "/shipments" });
    expect(request?.headers).toMatchObject({
      authorization: `ShippoToken ${apiKey}`,
      "shippo-api-version": "2018-02-08",
      "content-type": "application/json",
    });
    expect(JSON.parse(request?.body ?? "")).toEqual({
      metadata: "shp_1",
      async: false,
      address_from: {
        name: "Rowlock",
        street1: "215 Clayton St",
        city: "San Francisco",
        state: "CA",
        zip: "94117",
        country: "US",
        phone: "+14155550100",
        email: "shop@example.com",
      },
      address_to: {
        name: "Ada Lovelace",
        street1: "965 Mission St",
        city: "San Francisco",
        state: "CA",
        zip: "94103",
        country: "US",
        phone: "+14155550123",
        email: "ada@example.com",
      },
      parcels: [
        { length: "20", width: "15.5", height: "0.7", distance_unit: "cm", weight: "750", mass_unit: "g" },
      ],
    });
  });

  test("connections are kept", async () => {
    const ports = new Set<unknown>();
    server.answer((res, seen) => {
      ports.add(res.socket?.remotePort);
      json(201, shipment)(res, seen);
    });
    for (const _ of "abc") await carrier.quote(consignment);
    expect(ports.size).toBe(1);
  });

  test("a connection that was closed just as it was used again is made anew", async () => {
    server.answer(reset, json(201, shipment));
    expect((await carrier.quote(consignment)).providerId).toBe("s1");
    expect(posts()).toHaveLength(2);
  });

  test.each([
    [
      "a list by field",
      { address_to: [{ zip: ["This field is required."] }] },
      "address_to: zip: This field is required.",
    ],
    ["a detail", { detail: "Address is invalid" }, "Address is invalid"],
    ["several texts, one twice", { __all__: ["a", "b\n", "a"] }, "a; b"],
    ["a very long text", { detail: "x".repeat(500) }, `${"x".repeat(299)}…`],
    ["nothing", {}, "the request was refused"],
  ])("a refusal with %s is told in the carrier's words", async (_, body, message) => {
    server.answer(json(400, body));
    const err = await rejectionOf(carrier.quote(consignment));
    expect(err).toBeInstanceOf(CarrierRefused);
    expect(err).toMatchObject({ message });
  });

  test("remarks of the carriers come along", async () => {
    server.answer(
      json(201, { ...shipment, rates: [], messages: [{ source: "UPS", text: "No service there" }, {}] }),
    );
    expect(await carrier.quote(consignment)).toMatchObject({ rates: [], remarks: "No service there" });
  });
});

test.each([
  ["an attribute of the future", { attributes: ["CHEAPEST", "GREENEST"] }],
  ["a missing field that nobody reads", { object_owner: undefined }],
  ["half a day", { estimated_days: 2.5 }],
])("rates are not lost because of %s in one of them", async (_, fields) => {
  const [rate] = shipment.rates;
  server.answer(json(201, { ...shipment, rates: [{ ...rate, object_id: "r0", ...fields }, rate, {}] }));
  const { rates } = await carrier.quote(consignment);
  expect(rates.map(({ providerId, amount, carrier: by }) => [providerId, amount, by])).toEqual([
    ["r0", "9.90", "USPS"],
    ["r1", "9.90", "USPS"],
  ]);
});

const failures: [string, Answer, { pending: boolean }][] = [
  ["401: the key is wrong", json(401, { detail: "Invalid token" }), { pending: false }],
  ["403", json(403, { detail: "forbidden" }), { pending: false }],
  ["404: the path is wrong", json(404, { detail: "Not found." }), { pending: false }],
  ["429", json(429, { detail: "slow down" }), { pending: false }],
  ["500", page(500), { pending: false }],
  ["503", page(503), { pending: false }],
  ["502: a gateway knows nothing of the server", page(502), { pending: true }],
  ["504: a gateway gave up waiting", page(504), { pending: true }],
  ["a page where JSON is due", page(201), { pending: false }],
  ["JSON that breaks off", malformed, { pending: true }],
  ["an answer that breaks off", truncated, { pending: true }],
  ["a connection that is reset", reset, { pending: true }],
  ["no answer in time", silence, { pending: true }],
  ["an answer that drips past the time", drip, { pending: true }],
  ["JSON of another shape", json(201, { hello: "world" }), { pending: false }],
];

describe.each<[string, () => Promise<unknown>]>([
  ["quote", () => carrier.quote(consignment)],
  ["buyLabel", () => carrier.buyLabel(purchase)],
])("%s", (_, call) => {
  test.each(failures)("is unavailable after %s", async (_, answer, want) => {
    server.answer(answer);
    const err = await rejectionOf(call());
    expect(err).toBeInstanceOf(CarrierUnavailable);
    expect(err).toMatchObject(want);
    expect(everythingIn(err)).not.toContain(apiKey);
  });
});

test("when nothing listens, nothing is pending", async () => {
  const lost = createShippoCarrier({ apiKey, serverUrl: await deadUrl(), timeoutMs: 400, sender });
  const calls = [() => lost.quote(consignment), () => lost.buyLabel(purchase), () => lost.findLabel("r1")];
  for (const call of calls) {
    const err = await rejectionOf(call());
    expect(err).toBeInstanceOf(CarrierUnavailable);
    expect(err).toMatchObject({ pending: false });
  }
});

describe("a purchase", () => {
  test("is one POST with the rate and the shipment's id", async () => {
    server.answer(json(201, bought));
    expect(await carrier.buyLabel(purchase)).toEqual(label);
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ method: "POST", path: "/transactions" });
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({
      async: false,
      label_file_type: "PDF_4x6",
      metadata: "shp_1",
      rate: "r1",
    });
  });

  test.each(failures)("is never repeated after %s", async (_, answer) => {
    server.answer(answer);
    await rejectionOf(carrier.buyLabel(purchase));
    expect(posts()).toEqual(["/transactions"]);
  });

  test("that Shippo has queued is waited for", async () => {
    const patient = createShippoCarrier({ apiKey, serverUrl: server.url, timeoutMs: 5_000, sender });
    server.answer(
      json(201, { object_id: "t1", status: "QUEUED", rate: "r1" }),
      json(200, { object_id: "t1", status: "WAITING", rate: "r1" }),
      json(200, bought),
    );
    expect(await patient.buyLabel(purchase)).toEqual(label);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /transactions",
      "GET /transactions/t1",
      "GET /transactions/t1",
    ]);
  });

  test("that stays queued is pending", async () => {
    server.answer(json(201, { object_id: "t1", status: "QUEUED", rate: "r1" }));
    expect(await rejectionOf(carrier.buyLabel(purchase))).toMatchObject({
      name: "CarrierUnavailable",
      pending: true,
    });
  });

  test.each([
    [
      "an answer of 400",
      json(400, { rate: ["Rate with supplied object_id not found."] }),
      "rate: Rate with supplied object_id not found.",
    ],
    [
      "a transaction that failed",
      json(201, {
        object_id: "t1",
        status: "ERROR",
        messages: [{ text: "Insufficient funds" }, { text: "Call us" }],
      }),
      "Insufficient funds; Call us",
    ],
    [
      "a transaction that failed without a word",
      json(201, { object_id: "t1", status: "ERROR" }),
      "the purchase failed",
    ],
  ])("is refused by %s", async (_, answer, message) => {
    server.answer(answer);
    const err = await rejectionOf(carrier.buyLabel(purchase));
    expect(err).toBeInstanceOf(CarrierRefused);
    expect(err).toMatchObject({ message });
  });

  test.each([
    ["nulls", { ...bought, eta: null, qr_code_url: null }],
    ["a wrong type where nobody looks", { ...bought, test: "yes", parcel: { object_id: null } }],
    ["a label type of the future", { ...bought, label_file_type: "HOLOGRAM" }],
  ])("is not lost because of %s in the answer", async (_, answer) => {
    server.answer(json(201, answer));
    expect(await carrier.buyLabel(purchase)).toEqual(label);
    expect(posts()).toHaveLength(1);
  });
});

describe("looking a purchase up", () => {
  test.each([
    ["none was made", [], undefined],
    ["it succeeded", [bought], label],
    ["an earlier one failed", [{ object_id: "t0", status: "ERROR", rate: "r1" }, bought], label],
    ["only failed ones are there", [{ object_id: "t0", status: "ERROR", rate: "r1" }], undefined],
    ["it was refunded", [{ ...bought, status: "REFUNDED" }], undefined],
    ["it is for another rate", [{ ...bought, rate: "r2" }], undefined],
    ["the rate is told in full", [{ ...bought, rate: { object_id: "r1", amount: "9.90" } }], label],
  ])("when %s", async (_, results, want) => {
    server.answer(json(200, { next: null, previous: null, results }));
    expect(await carrier.findLabel("r1")).toEqual(want);
    expect(server.seen[0]).toMatchObject({ method: "GET", path: "/transactions?page=1&rate=r1&results=100" });
  });

  test("finds it beside one that the SDK does not understand", async () => {
    const odd = { object_id: "t0", status: "TELEPORTED", rate: "r1" };
    server.answer(json(200, { results: [odd, { ...bought, label_file_type: "HOLOGRAM" }] }));
    expect(await carrier.findLabel("r1")).toEqual(label);
  });

  test("waits for one that is queued", async () => {
    const patient = createShippoCarrier({ apiKey, serverUrl: server.url, timeoutMs: 5_000, sender });
    server.answer(
      json(200, { results: [{ object_id: "t1", status: "QUEUED", rate: "r1" }] }),
      json(200, bought),
    );
    expect(await patient.findLabel("r1")).toEqual(label);
  });

  test.each([
    ["400", json(400, { rate: ["bad"] })],
    ["500", page(500)],
    ["an answer of another shape", json(200, { hello: "world" })],
    ["silence", silence],
  ])("fails after %s instead of finding nothing", async (_, answer) => {
    server.answer(answer);
    expect(await rejectionOf(carrier.findLabel("r1"))).toBeInstanceOf(CarrierUnavailable);
  });
});

describe("against the sandbox", () => {
  let sandbox: Sandbox;
  let shippo: Carrier;
  beforeAll(async () => {
    sandbox = createSandbox({ dataDir: ":memory:" });
    const { url } = await sandbox.listen({ port: 0 });
    shippo = createShippoCarrier({ apiKey, serverUrl: url, timeoutMs: 5_000, sender });
  });
  afterAll(() => sandbox?.[Symbol.asyncDispose]());

  test("a label is quoted, bought, found, and is a PDF", async () => {
    const { rates } = await shippo.quote(consignment);
    expect(rates.length).toBeGreaterThan(1);
    const rateProviderId = rates[0]?.providerId ?? "";
    expect(await shippo.findLabel(rateProviderId)).toBeUndefined();
    const first = await shippo.buyLabel({ rateProviderId, shipmentId: "shp_1" });
    expect(first.trackingNumber).not.toBe("");
    expect(await shippo.findLabel(rateProviderId)).toEqual(first);
    expect(await shippo.findLabel(rates[1]?.providerId ?? "")).toBeUndefined();
    const pdf = await fetch(first.labelUrl);
    expect(pdf.headers.get("content-type")).toBe("application/pdf");
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
  });

  test("an address that lacks its country is refused", async () => {
    const nowhere = { ...consignment, to: { ...consignment.to, countryCode: "" } };
    expect(await rejectionOf(shippo.quote(nowhere))).toBeInstanceOf(CarrierRefused);
  });

  test("a rate that does not exist is refused", async () => {
    const err = await rejectionOf(shippo.buyLabel({ rateProviderId: "nothing", shipmentId: "shp_1" }));
    expect(err).toBeInstanceOf(CarrierRefused);
  });
});
