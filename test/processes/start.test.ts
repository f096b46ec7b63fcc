import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Buyer, newOrder } from "../support/buyer.ts";
import { isAlive, runToEnd, type Started, startProcess } from "../support/process.ts";
import { createRest } from "../support/rest.ts";

const slow = { timeout: 60_000 };

let dataDir: string;
let shop: Started;
let staffKey: string;
const started: Started[] = [];

const start = async () => {
  shop = await startProcess({ env: { ROWLOCK_DATA_DIR: dataDir, ROWLOCK_LOG_LEVEL: "warn" } });
  started.push(shop);
};
const rest = () => createRest(shop.httpUrl);
/** The id of the embedded Postgres; undefined when it was stopped in order. */
const postgresPid = async () => {
  const file = join(dataDir, "postgres", "cluster", "postmaster.pid");
  return existsSync(file) ? Number((await readFile(file, "utf8")).split("\n")[0]) : undefined;
};

beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), "rowlock-start-")), "made", "by-us");
});
afterAll(async () => {
  for (const each of started) await each[Symbol.asyncDispose]();
  await rm(join(dataDir, "../.."), { recursive: true, force: true });
});

test("an empty folder becomes a shop that says where everything is", slow, async () => {
  await start();
  const { httpUrl, grpcAddress, sandboxUrl } = shop;
  const banner = shop.output();
  staffKey = /^ +Staff key +(rlk_\S+) {2}\(shown once\)$/m.exec(banner)?.[1] ?? "";
  expect(staffKey).not.toBe("");
  expect(
    banner
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.trim()),
  ).toEqual([
    "Parts      catalog inventory promotion tax cart order payment shipping notify customer webhook gateway",
    `REST       ${httpUrl}/v1`,
    `Docs       ${httpUrl}/docs`,
    `gRPC       ${grpcAddress}`,
    `Connect    ${httpUrl}`,
    `Postgres   embedded, in ${dataDir}/postgres`,
    `Inbox      ${sandboxUrl}/sandbox`,
    "Sandbox    plays Stripe, Shippo, SendGrid, Twilio: no real money, parcel or message",
    `Staff key  ${staffKey}  (shown once)`,
    `staff key kept in ${dataDir}/staff-key`,
    "Rowlock is ready.",
  ]);
  for (const url of [`${httpUrl}/docs`, `${httpUrl}/metrics`, `${sandboxUrl}/sandbox`]) {
    expect((await fetch(url)).status).toBe(200);
  }
  const { body } = await rest()("GET", "/v1/products?query=mug");
  expect(body.products[0].variants[0].sku).toBe("MUG-BLUE");
});

test("its secrets are its owner's alone", async () => {
  const modeOf = async (path: string) => ((await stat(join(dataDir, path))).mode & 0o777).toString(8);
  expect(await modeOf("")).toBe("700");
  for (const file of ["staff-key", "service-key"]) expect([file, await modeOf(file)]).toEqual([file, "600"]);
  expect(await readFile(join(dataDir, "staff-key"), "utf8")).toBe(`${staffKey}\n`);
});

test("two cannot share a folder: the second says so, and the first goes on", slow, async () => {
  const { code, stdout, stderr } = await runToEnd({ env: { ROWLOCK_DATA_DIR: dataDir } });
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^the data folder .*: stop it, or set ROWLOCK_DATA_DIR\n$/);
  expect(await (await fetch(`${shop.httpUrl}/readyz`)).text()).toBe("ready\n");
});

let buyer: Buyer;
let orderId: string;

test("what was ordered is there after a stop and a start, and the key is not shown again", slow, async () => {
  const ordered = await newOrder(rest(), ["MUG-BLUE"]);
  buyer = ordered.buyer;
  orderId = ordered.order.body.id;
  const { code, stderr } = await shop.end("SIGTERM");
  expect([code, stderr]).toEqual([0, ""]);
  expect(await postgresPid()).toBeUndefined();

  await start();
  expect(shop.output()).not.toContain("rlk_");
  const order = await rest()("GET", `/v1/orders/${orderId}`, { token: buyer.token });
  expect(order.body).toEqual(ordered.order.body);
  const stock = await rest()("GET", "/v1/stock/MUG-BLUE", { staff: staffKey });
  expect(stock.body).toMatchObject({ onHand: 250, reserved: 1 });
  const products = await rest()("GET", "/v1/products");
  expect(products.body.products).toHaveLength(4);
});

test("killed, with its Postgres left alone, it starts again and goes on", slow, async () => {
  const orphan = await postgresPid();
  expect(orphan !== undefined && isAlive(orphan)).toBe(true);
  const { signal } = await shop.end("SIGKILL");
  expect(signal).toBe("SIGKILL");

  await start();
  const paid = await rest()("POST", `/v1/orders/${orderId}:pay`, {
    token: buyer.token,
    body: { card: { paymentMethod: "pm_card_visa" } },
  });
  expect([paid.status, paid.body.state]).toEqual([200, "STATE_PAID"]);
  const { code } = await shop.end("SIGINT");
  expect(code).toBe(0);
  expect(await postgresPid()).toBeUndefined();
  expect(orphan !== undefined && isAlive(orphan)).toBe(false);
});

test.each<[string, { args?: string[]; env?: Record<string, string> }, string[]]>([
  [
    "all that is wrong with its settings",
    {
      args: ["catalog", "till"],
      env: { PORT: "abc", GRPC_PORT: "70000", TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}` },
    },
    [
      'there is no part "till"; there are: catalog, inventory, promotion, tax, cart, order, payment, shipping, notify, customer, webhook, gateway, sandbox',
      "PORT must be a whole number from 0 to 65535",
      "GRPC_PORT must be a whole number from 0 to 65535",
      "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN go together",
    ],
  ],
  [
    "a part whose others are nowhere",
    { args: ["gateway"] },
    ["the gateway needs catalog: host it here or set ROWLOCK_CATALOG_ADDR"],
  ],
])("%s: one clear line each, and the end", slow, async (_what, { args = [], env = {} }, lines) => {
  const empty = join(dataDir, "..", "bad");
  const ended = await runToEnd({ args, env: { ROWLOCK_DATA_DIR: empty, ...env } });
  expect([ended.code, ended.stdout]).toEqual([1, ""]);
  expect(ended.stderr.trimEnd().split("\n")).toEqual(lines);
  expect(existsSync(empty)).toBe(false);
});
