import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { asSuperuser } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { newOrder } from "../support/buyer.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop } from "../support/shop.ts";
import { type EventStream, openEvents } from "./events.ts";

/** Two whole shops, which share a database and nothing else. */
let shop: TestShop;
let replica: TestShop;
const streams: EventStream[] = [];

beforeAll(async () => {
  shop = await openShop();
  replica = await openShop({ DATABASE_URL: shop.databaseUrl, ROWLOCK_SANDBOX_URL: shop.sandboxUrl });
}, 60_000);
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(async () => {
  await replica[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

async function open(at: TestShop, path: string, options: Parameters<typeof openEvents>[1] = {}) {
  const stream = await openEvents(at.httpUrl + path, options);
  streams.push(stream);
  return stream;
}

const setStock = async (sku: string, onHand: number, at = shop) => {
  const { status } = await at.rest("POST", `/v1/stock/${sku}:set`, { staff: at.staff, body: { onHand } });
  expect(status).toBe(200);
};

/** What a message says is available, by SKU. */
const levelsOf = ({ data }: EventStream["events"][number]) =>
  Object.fromEntries(
    (data.levels as { sku: string; available?: number }[]).map(({ sku, available }) => [sku, available ?? 0]),
  );

/** What a reader of a stream knows: the last it was told of each SKU. */
const known = ({ events }: EventStream) =>
  Object.assign({}, ...events.map(levelsOf)) as Record<string, number>;

/** The connections on which the shops listen to a service's changes. */
const listeners = (service: string) =>
  asSuperuser(shop.databaseUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where starts_with(application_name, $1) and datname = current_database()",
      [`rowlock_${service} listener`],
    );
    return rows.map(({ pid }) => pid);
  });

test("stock: all levels, then those that change, whichever replica changes them", async () => {
  await setStock("LIVE-A", 5);
  const path = "/v1/stock:watch?skus=LIVE-A&skus=LIVE-B";
  const [here, there] = [await open(shop, path), await open(replica, path)];
  expect(here.headers.get("content-type")).toBe("text/event-stream");
  for (const stream of [here, there]) {
    expect(levelsOf((await stream.gets(1))[0] as never)).toEqual({ "LIVE-A": 5, "LIVE-B": 0 });
  }
  await setStock("LIVE-B", 3, shop);
  await setStock("LIVE-A", 4, replica);
  for (const stream of [here, there]) {
    // In two messages, or in one.
    await waitFor(() => known(stream)["LIVE-A"] === 4 && known(stream)["LIVE-B"] === 3);
    expect(stream.events.length).toBeLessThanOrEqual(3);
  }
});

test("stock: a stream that broke is resumed on another replica with what changed meanwhile", async () => {
  for (const sku of ["AGAIN-A", "AGAIN-B", "AGAIN-C"]) await setStock(sku, 10);
  const path = "/v1/stock:watch?skus=AGAIN-A&skus=AGAIN-B&skus=AGAIN-C";
  const first = await open(shop, path);
  await first.gets(1);
  first.close();
  await first.ended;
  await setStock("AGAIN-B", 9);
  const second = await open(replica, path, { lastEventId: first.lastEventId() });
  expect((await second.gets(1)).map(levelsOf)).toEqual([{ "AGAIN-B": 9 }]);
  await setStock("AGAIN-A", 8);
  expect((await second.gets(2)).map(levelsOf)).toEqual([{ "AGAIN-B": 9 }, { "AGAIN-A": 8 }]);
  // The field does the same for who cannot set the header.
  const id = encodeURIComponent(first.lastEventId());
  const third = await open(shop, `${path}&lastEventId=${id}`);
  expect((await third.gets(1)).map(levelsOf)).toEqual([{ "AGAIN-A": 8, "AGAIN-B": 9 }]);
});

test("stock: what buyers hold and give back is seen", async () => {
  await shop.sell("HELD", { stock: 3 });
  const stream = await open(replica, "/v1/stock:watch?skus=HELD");
  await stream.gets(1);
  const { buyer, order } = await newOrder(shop.rest, ["HELD"]);
  await waitFor(() => known(stream)["HELD"] === 2);
  await shop.rest("POST", `/v1/orders/${order.body.id}:cancel`, { token: buyer.token, body: {} });
  await waitFor(() => known(stream)["HELD"] === 3);
  expect(stream.events.map(levelsOf)).toEqual([{ HELD: 3 }, { HELD: 2 }, { HELD: 3 }]);
});

test("order: from the payment to the parcel, and then the end", async () => {
  await shop.sell("PARCEL");
  const { buyer, order } = await newOrder(shop.rest, ["PARCEL"]);
  const path = `/v1/orders/${order.body.id}:watch`;
  const headers = { "rowlock-token": buyer.token };
  const streams = [await open(shop, path, { headers }), await open(replica, path, { headers })];
  for (const stream of streams) await stream.gets(1);
  expect((await buyer.payByCard(order.body.id, "pm_card_visa")).status).toBe(200);
  const timeline = () => shop.rest("GET", `/v1/orders/${order.body.id}/events`, { token: buyer.token });
  for (const stream of streams) {
    await stream.ended;
    const all = (await timeline()).body.events as { id: number; kind: string }[];
    const [first, ...rest] = stream.events;
    const last = rest.pop();
    expect(last?.event).toBe("end");
    expect(first?.data.order.state).toBe("STATE_PENDING_PAYMENT");
    expect(rest.at(-1)?.data.order.state).toBe("STATE_FULFILLED");
    expect(rest.at(-1)?.data.order.fulfillment.trackingNumber).not.toBe("");
    expect(rest.flatMap(({ data }) => data.events ?? [])).toEqual(all.slice(-3));
    expect(all.slice(-3).map(({ kind }) => kind)).toEqual(["payment_started", "paid", "fulfilled"]);
    expect(stream.lastEventId()).toMatch(`${all.at(-1)?.id}-`);
    // EventSource would come again.
    const again = await open(replica, path, { headers, lastEventId: stream.lastEventId() });
    expect([again.status, again.events]).toEqual([204, []]);
  }
});

test("order: a stream that broke anywhere is resumed with the rest of the events", async () => {
  await shop.sell("REST");
  const { buyer, order } = await newOrder(shop.rest, ["REST"]);
  const { id } = order.body;
  const headers = { "rowlock-token": buyer.token };
  const first = await open(shop, `/v1/orders/${id}:watch`, { headers });
  await first.gets(1);
  first.close();
  await first.ended;
  await buyer.payByCard(id, "pm_card_visa");
  await buyer.until(id, "STATE_FULFILLED");
  const second = await open(replica, `/v1/orders/${id}:watch`, { headers, lastEventId: first.lastEventId() });
  await second.ended;
  const kinds = second.events.flatMap(({ data }) => data.events ?? []).map(({ kind }) => kind as string);
  expect(kinds).toEqual(["payment_started", "paid", "fulfilled"]);
  expect(second.events.map(({ event }) => event)).toEqual(["message", "end"]);
});

test("before the first message, an error has its status", async () => {
  await shop.sell("MINE");
  const { order } = await newOrder(shop.rest, ["MINE"]);
  const other = await newOrder(shop.rest, ["MINE"]);
  const path = `/v1/orders/${order.body.id}:watch`;
  const cases = [
    [path, { "rowlock-token": other.buyer.token }, 403, "NOT_OWNER"],
    ["/v1/orders/ord_none:watch", { authorization: `Bearer ${shop.staff}` }, 404, "ORDER_NOT_FOUND"],
    [`${path}?lastEventId=0`, { authorization: `Bearer ${shop.staff}` }, 400, "INVALID_ARGUMENT"],
    ["/v1/stock:watch?skus=MINE&lastEventId=x", {}, 400, "INVALID_ARGUMENT"],
    ["/v1/stock:watch", {}, 400, "INVALID_ARGUMENT"],
  ] as const;
  for (const [url, headers, status, reason] of cases) {
    const stream = await open(shop, url, { headers });
    const [answer] = stream.events;
    const refused = { status: stream.status, body: answer?.data, headers: stream.headers };
    expect([url, stream.status, reasonIn(refused)]).toEqual([url, status, reason]);
  }
});

test("NDJSON serves as well", async () => {
  await setStock("LINES", 6);
  const controller = new AbortController();
  const { signal } = controller;
  const response = await fetch(`${shop.httpUrl}/v1/stock:watch?skus=LINES`, { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () =>
    JSON.parse((await reader?.read())?.value ?? "") as EventStream["events"][number]["data"];
  expect((await line()).levels).toMatchObject([{ sku: "LINES", available: 6 }]);
  await setStock("LINES", 5, replica);
  expect((await line()).levels).toMatchObject([{ sku: "LINES", available: 5 }]);
  controller.abort();
});

test("the listening connection is killed while stock changes: no change is missed", async () => {
  await setStock("KILLED", 0);
  const stream = await open(replica, "/v1/stock:watch?skus=KILLED");
  await stream.gets(1);
  await setStock("KILLED", 1);
  await waitFor(() => known(stream)["KILLED"] === 1);
  for (let units = 2; units < 12; units++) {
    for (const pid of await listeners("inventory")) {
      await asSuperuser(shop.databaseUrl, (client) => client.query("select pg_terminate_backend($1)", [pid]));
    }
    await setStock("KILLED", units);
  }
  await waitFor(() => known(stream)["KILLED"] === 11);
  expect(stream.events.every(({ event }) => event === "message")).toBe(true);
  await waitFor(async () => (await listeners("inventory")).length > 0);
  await setStock("KILLED", 12);
  await waitFor(() => known(stream)["KILLED"] === 12);
});

test("when all have left, nothing listens any more", async () => {
  const stream = await open(shop, "/v1/stock:watch?skus=ALONE");
  await stream.gets(1);
  await waitFor(async () => (await listeners("inventory")).length > 0);
  stream.close();
  // The next look, some seconds later, finds nobody.
  expect(
    await waitFor(async () => (await listeners("inventory")).length === 0, {
      timeoutMs: 30_000,
      what: "the end",
    }),
  ).toBe(true);
}, 40_000);
