import { mkdtemp, readFile, rm } from "node:fs/promises";
import { Agent, type ClientRequest, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InventoryService } from "../../gen/rowlock/inventory/v1/inventory_pb.js";
import { systemClock } from "../../lib/clock.ts";
import { openDatabase } from "../../lib/db/index.ts";
import { createDirectTransport } from "../../lib/rpc/index.ts";
import { as, testInterceptors } from "../../lib/rpc/testing/interceptors.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { asSuperuser, emptyDatabase } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { createChangeFeed, telling } from "../../lib/watch/index.ts";
import { createInventoryService } from "../../services/inventory/service.ts";
import { type Started, startProcess } from "../support/process.ts";
import { testServiceKey, testStaffKey } from "../support/shop.ts";

const watchers = 1_000;
const skus = Array.from({ length: 20 }, (_, i) => `CROWD-${i}`);
const skusEach = 5;
const stockEach = 100_000;
const holds = 10_000;
/** Buyers at the same time. */
const buyers = 32;
const slow = { timeout: 180_000 };

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let dataDir: string;
let shop: Started;
const requests: ClientRequest[] = [];

beforeAll(async () => {
  database = await emptyDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "rowlock-crowd-"));
  shop = await startProcess({
    env: {
      DATABASE_URL: database.url,
      ROWLOCK_DATA_DIR: dataDir,
      ROWLOCK_DEMO: "false",
      ROWLOCK_LOG_LEVEL: "error",
      ROWLOCK_RATE_LIMIT: "0",
      ROWLOCK_STAFF_KEY: testStaffKey,
      ROWLOCK_SERVICE_KEY: testServiceKey,
    },
  });
}, 60_000);
afterAll(async () => {
  for (const request of requests) request.destroy();
  await shop[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

/** What one watcher has been told. */
interface Seen {
  levels: Map<string, number>;
  messages: number;
}

const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });

/** Watches some SKUs; node:http, since a thousand fetches cost the test more than the shop. */
function watch(chosen: readonly string[]): Seen {
  const seen: Seen = { levels: new Map(), messages: 0 };
  const query = chosen.map((sku) => `skus=${sku}`).join("&");
  const headers = { accept: "text/event-stream" };
  let text = "";
  requests.push(
    get(`${shop.httpUrl}/v1/stock:watch?${query}`, { agent, headers }, (response) => {
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (text + chunk).split("\n");
        text = lines.pop() ?? "";
        for (const line of lines.filter((line) => line.startsWith("data: "))) {
          const { levels } = JSON.parse(line.slice(6)) as { levels: { sku: string; available: number }[] };
          seen.messages++;
          for (const { sku, available } of levels) seen.levels.set(sku, available);
        }
      });
      response.on("error", () => undefined);
    }).on("error", () => undefined),
  );
  return seen;
}

/** Processor seconds that the shop has used, and the bytes it occupies. */
async function cost(): Promise<{ seconds: number; bytes: number }> {
  const stat = await readFile(`/proc/${shop.pid}/stat`, "latin1");
  const [utime = "0", stime = "0"] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14);
  const status = await readFile(`/proc/${shop.pid}/status`, "latin1");
  const kib = /VmRSS:\s+(\d+)/.exec(status)?.[1] ?? "0";
  return { seconds: (Number(utime) + Number(stime)) / 100, bytes: Number(kib) * 1024 };
}

/** Another replica of Inventory, in this process. */
function openReplica() {
  const db = openDatabase({ url: database.url, schema: "inventory" });
  const log = createLog({ level: "error" });
  const feed = createChangeFeed({ db, url: database.url, channel: "rowlock_inventory", log });
  const { services } = createInventoryService({ db: telling(db, feed), clock: systemClock });
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  return {
    client: createClient(InventoryService, transport),
    [Symbol.asyncDispose]: async () => {
      await feed[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

test("a thousand watchers of stock that sells fast: all end at the right levels", slow, async () => {
  await using replica = openReplica();
  const { client } = replica;
  for (const sku of skus) await client.setStock({ sku, onHand: BigInt(stockEach) }, as.staff);
  const alone = await cost();
  const crowd = Array.from({ length: watchers }, (_, i) =>
    watch(Array.from({ length: skusEach }, (_, j) => skus[(i + j * 3) % skus.length] ?? "")),
  );
  const begun = () => crowd.every(({ messages }) => messages > 0);
  await waitFor(begun, { timeoutMs: 60_000, what: "all first messages" });
  const before = await cost();
  const from = performance.now();
  let next = 0;
  const sold = new Map<string, number>();
  const buyer = async () => {
    for (let hold = next++; hold < holds; hold = next++) {
      const sku = skus[hold % skus.length] ?? "";
      const lines = [{ sku, quantity: 1n }];
      const ttl = { seconds: 3600n, nanos: 0 };
      await client.reserve({ reservationId: `crowd-${hold}`, lines, ttl }, as.service("order"));
      sold.set(sku, (sold.get(sku) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: buyers }, buyer));
  const seconds = (performance.now() - from) / 1000;
  const isUpToDate = ({ levels }: Seen) =>
    [...levels].every(([sku, level]) => level === stockEach - (sold.get(sku) ?? 0));
  const converged = () => crowd.every(isUpToDate);
  await waitFor(converged, { timeoutMs: 60_000, what: "the right levels everywhere" });
  const after = await cost();
  expect(crowd.every(({ levels }) => levels.size === skusEach)).toBe(true);
  const told = crowd.reduce((sum, { messages }) => sum + messages, 0) - watchers;
  // Changes that follow quickly are one message, and a reader that is slow is told the last level, not each.
  expect(told / watchers).toBeLessThan(holds / 10);
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  expect(mib(after.bytes)).toBeLessThan(1_024);
  process.stdout.write(
    `${Math.round(holds / seconds)} changes and ${Math.round(told / seconds)} messages a second, ${seconds.toFixed(1)} s; ` +
      `the shop: ${(after.seconds - before.seconds).toFixed(1)} s of processor time, ` +
      `${mib(alone.bytes)} MiB before, ${mib(before.bytes)} with the watchers, ${mib(after.bytes)} at the end\n`,
  );
  for (const request of requests.splice(0)) request.destroy();
  // The shop has noticed that all have left: nothing listens any more.
  const unheard = () =>
    asSuperuser(database.url, async (superuser) => {
      const { rowCount } = await superuser.query(`
        select from pg_stat_activity
        where starts_with(application_name, 'rowlock_inventory listener') and datname = current_database()`);
      return rowCount === 0;
    });
  expect(await waitFor(unheard, { timeoutMs: 30_000, what: "the end of listening" })).toBe(true);
});
