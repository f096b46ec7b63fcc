import { json, queryInteger, type Reply, type SandboxRequest, type Vendor } from "../http/message.ts";
import { Router } from "../http/router.ts";
import { timedHex } from "../ids.ts";
import type { Collection, Stored } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import type { Tell } from "../webhooks/targets.ts";
import { notFound, ShippoError } from "./errors.ts";
import { tellOfLabel } from "./events.ts";
import { readAddress, readObject, readParcel } from "./read.ts";
import { findRate, type ShippoRecords, type TransactionRecord } from "./records.ts";
import {
  carrierToken,
  renderAddress,
  renderLabelRefund,
  renderParcel,
  renderRate,
  renderRates,
  renderShipment,
  renderTrack,
  renderTransaction,
} from "./render.ts";
import { newShipment } from "./shipments.ts";
import { isCurrency, serviceOf } from "./tariff.ts";
import { buyLabel, refundLabel } from "./transactions.ts";

interface Call {
  request: SandboxRequest;
  query: URLSearchParams;
  path: Record<string, string>;
}
type Endpoint = (call: Call) => { status: number; body: object };

const ROOTS = new Set(["addresses", "parcels", "shipments", "rates", "transactions", "refunds", "tracks"]);

/** Shippo's API, version 2018-02-08, for addresses, parcels, shipments, rates, labels and their refunds. */
export function createShippoApi({
  store,
  records,
  now,
  baseUrl,
  labelUrl,
  tell,
}: {
  store: Store;
  records: ShippoRecords;
  now: () => number;
  baseUrl: () => string;
  labelUrl: (transaction: string) => string;
  tell: Tell;
}): Vendor {
  const router = new Router<Endpoint>();
  router.add("POST", "/addresses", createAddress);
  router.add("GET", "/addresses", list(records.addresses, renderAddress, 5));
  router.add("GET", "/addresses/:id", one(records.addresses, renderAddress));
  router.add(
    "GET",
    "/addresses/:id/validate",
    one(records.addresses, (address) => renderAddress({ ...address, validated: true })),
  );
  router.add("POST", "/parcels", createParcel);
  router.add("GET", "/parcels", list(records.parcels, renderParcel));
  router.add("GET", "/parcels/:id", one(records.parcels, renderParcel));
  router.add("POST", "/shipments", createShipment);
  router.add(
    "GET",
    "/shipments",
    list(records.shipments, (shipment) => renderShipment(shipment)),
  );
  router.add(
    "GET",
    "/shipments/:id",
    one(records.shipments, (shipment) => renderShipment(shipment)),
  );
  router.add("GET", "/shipments/:id/rates", shipmentRates);
  router.add("GET", "/shipments/:id/rates/:currency", shipmentRates);
  router.add("GET", "/rates/:id", oneRate);
  router.add("POST", "/transactions", createTransaction);
  router.add("GET", "/transactions", listTransactions);
  router.add(
    "GET",
    "/transactions/:id",
    one(records.transactions, (transaction) => rendered(transaction)),
  );
  router.add("GET", "/tracks/:carrier/:number", track);
  router.add("POST", "/refunds", createRefund);
  router.add("GET", "/refunds", list(records.refunds, renderLabelRefund));
  router.add("GET", "/refunds/:id", one(records.refunds, renderLabelRefund));

  function createAddress({ request }: Call) {
    const body = readObject(request.body);
    const result = readAddress(body);
    if ("errors" in result) throw new ShippoError(400, result.errors);
    const address = records.addresses.insert({
      id: timedHex(32),
      created: now(),
      fields: result.fields,
      ...(body["validate"] === true && { validated: true as const }),
    });
    return { status: 201, body: renderAddress(address) };
  }

  function createParcel({ request }: Call) {
    const result = readParcel(readObject(request.body));
    if ("errors" in result) throw new ShippoError(400, result.errors);
    const parcel = records.parcels.insert({ id: timedHex(32), created: now(), fields: result.fields });
    return { status: 201, body: renderParcel(parcel) };
  }

  function createShipment({ request }: Call) {
    const body = readObject(request.body);
    const shipment = records.shipments.insert(newShipment({ body, records, now: now() }));
    return { status: 201, body: renderShipment(shipment, { queued: body["async"] !== false }) };
  }

  function shipmentRates({ path, query }: Call) {
    const shipment = records.shipments.get(path["id"] ?? "");
    if (!shipment) throw notFound();
    const currency = path["currency"];
    if (currency !== undefined && !isCurrency(currency)) {
      throw new ShippoError(400, {
        currency_code: [`"${currency}" is not a currency the sandbox converts to.`],
      });
    }
    const { page, size } = paging(query, 25);
    const rates = renderRates(shipment, currency === undefined ? {} : { currency });
    return { status: 200, body: { results: rates.slice((page - 1) * size, page * size) } };
  }

  function oneRate({ path }: Call) {
    const found = findRate(records, path["id"] ?? "");
    if (!found) throw notFound();
    return { status: 200, body: renderRate(found.shipment, { index: found.index }) };
  }

  function createTransaction({ request }: Call) {
    const body = readObject(request.body);
    const { transaction } = buyLabel({ body, records, now: now() });
    const queued = body["async"] !== false;
    tellOfLabel(tell, { type: "transaction_created", transaction, queued });
    if (queued) tellOfLabel(tell, { type: "transaction_updated", transaction });
    return { status: 201, body: rendered(transaction, queued) };
  }

  function listTransactions({ query, request }: Call) {
    const { page, size } = paging(query, 25);
    const { items, more } = records.transactions.page({
      where: {
        rate: query.get("rate") ?? undefined,
        status: query.get("object_status") ?? undefined,
        tracking: query.get("tracking_status") ?? undefined,
      },
      limit: size,
      offset: (page - 1) * size,
    });
    return {
      status: 200,
      body: pageBody({ request, query, page, more, results: items.map((item) => rendered(item)) }),
    };
  }

  function createRefund({ request }: Call) {
    const { refund, transaction } = refundLabel({ body: readObject(request.body), records, now: now() });
    tellOfLabel(tell, { type: "transaction_updated", transaction });
    return { status: 201, body: renderLabelRefund(refund) };
  }

  function track({ path }: Call) {
    const number = path["number"] ?? "";
    const transaction = records.transactions.page({ where: { number }, limit: 1 }).items[0];
    const shipment = transaction && records.shipments.get(transaction.shipment);
    const rate = transaction && findRate(records, transaction.rate)?.rate;
    if (!shipment || !rate || carrierToken(serviceOf(rate).carrier) !== path["carrier"]) throw notFound();
    return { status: 200, body: renderTrack({ transaction, shipment }) };
  }

  function rendered(transaction: TransactionRecord, queued = false): object {
    const shipment = records.shipments.get(transaction.shipment);
    if (!shipment) throw new Error(`transaction ${transaction.id} has lost its shipment`);
    return renderTransaction({ transaction, shipment, labelUrl: labelUrl(transaction.id) }, { queued });
  }

  function one<T extends Stored, K extends string>(
    collection: Collection<T, K>,
    render: (item: T) => object,
  ): Endpoint {
    return ({ path }) => {
      const item = collection.get(path["id"] ?? "");
      if (!item) throw notFound();
      return { status: 200, body: render(item) };
    };
  }

  function list<T extends Stored, K extends string>(
    collection: Collection<T, K>,
    render: (item: T) => object,
    defaultSize = 25,
  ): Endpoint {
    return ({ query, request }) => {
      const { page, size } = paging(query, defaultSize);
      const { items, more } = collection.page({ limit: size, offset: (page - 1) * size });
      return { status: 200, body: pageBody({ request, query, page, more, results: items.map(render) }) };
    };
  }

  function pageBody({
    request,
    query,
    page,
    more,
    results,
  }: {
    request: SandboxRequest;
    query: URLSearchParams;
    page: number;
    more: boolean;
    results: object[];
  }): object {
    const link = (to: number) => {
      const changed = new URLSearchParams(query);
      changed.set("page", String(to));
      return `${baseUrl()}${request.path}?${changed.toString()}`;
    };
    return { ...(more && { next: link(page + 1) }), ...(page > 1 && { previous: link(page - 1) }), results };
  }

  function handle(request: SandboxRequest): Reply {
    try {
      checkToken(request);
      const route = router.match(request.method, request.path);
      if (!route) throw notFound();
      if (request.method === "POST" && !isJson(request)) {
        throw new ShippoError(415, { detail: "Unsupported media type; requests are application/json." });
      }
      const call = { request, query: new URLSearchParams(request.query), path: route.params };
      const { status, body } =
        request.method === "POST" ? store.write(() => route.handler(call)) : route.handler(call);
      return json(status, body);
    } catch (err) {
      if (err instanceof ShippoError) return json(err.status, err.body);
      throw err;
    }
  }

  return {
    name: "shippo",
    maxBody: 2_000_000,
    owns: (path) => ROOTS.has(path.split("/", 2)[1] ?? ""),
    handle,
    failures: {
      vendor: "shippo",
      internal: () => json(500, { detail: "Internal server error; the sandbox was told to fail." }),
      rateLimited: () =>
        json(
          429,
          { detail: "Request was throttled. Expected available in 1 second." },
          { "retry-after": "1" },
        ),
    },
    tooLarge: () => json(413, { detail: "The request body is too large." }),
  };
}

function paging(query: URLSearchParams, fallback: number): { page: number; size: number } {
  return {
    page: queryInteger(query, { name: "page", min: 1, max: 1_000_000, fallback: 1 }),
    size: queryInteger(query, { name: "results", min: 1, max: 100, fallback }),
  };
}

function isJson({ headers }: SandboxRequest): boolean {
  return (headers["content-type"] ?? "").startsWith("application/json");
}

function checkToken({ headers }: SandboxRequest): void {
  const value = headers.authorization ?? "";
  if (value === "") throw new ShippoError(401, { detail: "Authentication credentials were not provided." });
  if (!/^ShippoToken shippo_test_\w+$/.test(value)) {
    throw new ShippoError(401, {
      detail: "Invalid token. The sandbox accepts any that begins with shippo_test_.",
    });
  }
}
