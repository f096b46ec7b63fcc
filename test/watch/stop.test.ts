import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serviceNames } from "../../cmd/start/network.ts";
import { newOrder } from "../support/buyer.ts";
import { startProcess } from "../support/process.ts";
import { openShop, type TestShop, testServiceKey, testStaffKey } from "../support/shop.ts";
import { openEvents } from "./events.ts";

const graceMs = 10_000;
const slow = { timeout: 60_000 };

let shop: TestShop;
let dataDir: string;
let shared: Record<string, string>;

beforeAll(async () => {
  shop = await openShop();
  dataDir = await mkdtemp(join(tmpdir(), "rowlock-watch-"));
  shared = {
    DATABASE_URL: shop.databaseUrl,
    ROWLOCK_SANDBOX_URL: shop.sandboxUrl,
    ROWLOCK_DATA_DIR: dataDir,
    ROWLOCK_POOL_SIZE: "3",
    ROWLOCK_LOG_LEVEL: "error",
    ROWLOCK_STAFF_KEY: testStaffKey,
    ROWLOCK_SERVICE_KEY: testServiceKey,
  };
  await shop.sell("STOP");
}, 60_000);
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

test("a process that stops ends its streams at once; they are resumed elsewhere", slow, async () => {
  const { buyer, order } = await newOrder(shop.rest, ["STOP"]);
  const { id } = order.body;
  const headers = { "rowlock-token": buyer.token };
  await using stopping = await startProcess({ env: { ...shared, ROWLOCK_DEMO: "false" } });
  const stock = await openEvents(`${stopping.httpUrl}/v1/stock:watch?skus=STOP`);
  const watched = await openEvents(`${stopping.httpUrl}/v1/orders/${id}:watch`, { headers });
  for (const stream of [stock, watched]) await stream.gets(1);
  const end = await stopping.end("SIGTERM");
  expect([end.code, end.stderr]).toEqual([0, ""]);
  // Not by the end of the time that calls have to finish.
  expect(end.ms).toBeLessThan(graceMs);
  for (const stream of [stock, watched]) {
    await stream.ended;
    const last = stream.events.at(-1);
    expect([last?.event, last?.data.error.status]).toEqual(["error", "UNAVAILABLE"]);
  }
  expect((await buyer.payByCard(id, "pm_card_visa")).status).toBe(200);
  const resumed = await openEvents(`${shop.httpUrl}/v1/orders/${id}:watch`, {
    headers,
    lastEventId: watched.lastEventId(),
  });
  await resumed.ended;
  const kinds = resumed.events.flatMap(({ data }) => data.events ?? []).map(({ kind }) => kind as string);
  expect(kinds).toEqual(["payment_started", "paid", "fulfilled"]);
});

const startGateway = () => {
  const services = serviceNames.filter((name) => name !== "gateway");
  const addresses = services.map((name) => [`ROWLOCK_${name.toUpperCase()}_ADDR`, shop.grpcAddress]);
  return startProcess({
    args: ["gateway"],
    env: { ...shared, ...(Object.fromEntries(addresses) as Record<string, string>) },
  });
};

test(
  "streams pass through a gateway that is apart from the services, and end with it at once",
  slow,
  async () => {
    await using gateway = await startGateway();
    const { buyer, order } = await newOrder(shop.rest, ["STOP"]);
    const path = `${gateway.httpUrl}/v1/orders/${order.body.id}:watch`;
    const headers = { "rowlock-token": buyer.token };
    const watched = await openEvents(path, { headers });
    await watched.gets(1);
    const resumed = await openEvents(path, { headers, lastEventId: watched.lastEventId() });
    await shop.rest("POST", "/v1/stock/THROUGH:set", { staff: shop.staff, body: { onHand: 1 } });
    const stock = await openEvents(`${gateway.httpUrl}/v1/stock:watch?skus=THROUGH`);
    expect((await stock.gets(1))[0]?.data.levels).toMatchObject([{ sku: "THROUGH", available: 1 }]);
    await shop.rest("POST", "/v1/stock/THROUGH:set", { staff: shop.staff, body: { onHand: 2 } });
    expect((await stock.gets(2))[1]?.data.levels).toMatchObject([{ sku: "THROUGH", available: 2 }]);

    const end = await gateway.end("SIGTERM");
    expect([end.code, end.stderr]).toEqual([0, ""]);
    expect(end.ms).toBeLessThan(graceMs);
    for (const stream of [watched, resumed, stock]) {
      await stream.ended;
      const last = stream.events.at(-1);
      expect([last?.event, last?.data.error.details[0].reason]).toEqual(["error", "SHUTTING_DOWN"]);
    }
    // One that had all there was is sent nothing twice.
    expect(resumed.events).toHaveLength(1);
  },
);
