import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostedName, hostedNames, partNames } from "../../cmd/start/config.ts";
import { freePort } from "../../lib/testing/free-port.ts";
import { emptyDatabase } from "../../lib/testing/postgres.ts";
import { redisInstalled, type TestRedis, testRedis } from "../../lib/testing/redis.ts";
import { buyByCard, buyByTransfer } from "../journeys/main-job.ts";
import { newBuyer } from "../support/buyer.ts";
import { isAlive, type Started, startProcess } from "../support/process.ts";
import { asTestShop, type TestShop, testServiceKey, testStaffKey } from "../support/shop.ts";

let shop: TestShop;
let redis: TestRedis | undefined;
const processes = new Map<HostedName, Started>();
const cleanUps: (() => Promise<unknown>)[] = [];

const the = (name: HostedName): Started => {
  const started = processes.get(name);
  if (started === undefined) throw new Error(`${name} was not started`);
  return started;
};

beforeAll(async () => {
  const database = await emptyDatabase();
  cleanUps.push(() => database[Symbol.asyncDispose]());
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-apart-"));
  cleanUps.push(() => rm(dataDir, { recursive: true, force: true }));
  if (redisInstalled) {
    redis = await testRedis();
    cleanUps.push(async () => redis?.[Symbol.asyncDispose]());
  }
  const ports = new Map<string, number>();
  for (const name of partNames) ports.set(name, await freePort());
  const start = async (name: HostedName, more: Record<string, string> = {}) => {
    const started = await startProcess({
      args: [name],
      env: {
        ROWLOCK_DATA_DIR: join(dataDir, name),
        ROWLOCK_LOG_LEVEL: "error",
        GRPC_PORT: String(ports.get(name) ?? 0),
        ...more,
      },
    });
    processes.set(name, started);
    cleanUps.push(() => started[Symbol.asyncDispose]());
    return started;
  };
  const sandbox = await start("sandbox");
  const shared = {
    DATABASE_URL: database.url,
    REDIS_URL: redis?.url ?? "",
    ROWLOCK_POOL_SIZE: "3",
    ROWLOCK_STAFF_KEY: testStaffKey,
    ROWLOCK_SERVICE_KEY: testServiceKey,
    ROWLOCK_SANDBOX_URL: sandbox.sandboxUrl,
    ...Object.fromEntries(
      [...ports].map(([name, port]) => [`ROWLOCK_${name.toUpperCase()}_ADDR`, `127.0.0.1:${port}`]),
    ),
  };
  // All at once, on an empty database, as an orchestrator would: each migrates what is its own.
  await Promise.all(partNames.map((name) => start(name, shared)));
  shop = asTestShop({
    httpUrl: the("gateway").httpUrl,
    grpcAddress: the("catalog").grpcAddress,
    sandboxUrl: sandbox.sandboxUrl,
    databaseUrl: database.url,
    close: async () => undefined,
  });
}, 120_000);
afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

test("a card buys through all of them", { timeout: 60_000 }, () => buyByCard(shop, "APART"));

test("so does a transfer", { timeout: 60_000 }, () => buyByTransfer(shop, "AWAY"));

test.skipIf(!redisInstalled)("carts are in Redis, and in no table", async () => {
  const { cartId } = await newBuyer(shop.rest);
  expect(await redis?.redis.keys(`*${cartId}*`)).not.toEqual([]);
});

test("each process shows only what it is", async () => {
  expect([...processes.keys()].sort()).toEqual([...hostedNames].sort());
  for (const [name, { httpUrl, output }] of processes) {
    expect(await (await fetch(`${httpUrl}/readyz`)).text()).toBe("ready\n");
    expect(output()).toMatch(new RegExp(`^ +Parts +${name}$`, "m"));
    expect(output().includes("Postgres")).toBe(name !== "sandbox");
    expect(output()).not.toContain("Staff key");
  }
});

test("told to stop, each drains and ends well, and none is left", { timeout: 60_000 }, async () => {
  const ends = await Promise.all(
    [...processes].map(async ([name, started]) => [name, await started.end("SIGTERM")] as const),
  );
  for (const [name, { code, signal, stderr, ms }] of ends) {
    expect([name, code, signal, stderr]).toEqual([name, 0, null, ""]);
    expect(ms).toBeLessThan(10_000);
  }
  expect([...processes.values()].filter(({ pid }) => isAlive(pid))).toEqual([]);
});
