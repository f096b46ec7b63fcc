import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import pg from "pg";
import { startEmbeddedPostgres } from "../../lib/db/embedded.ts";
import { migrate, openDatabase, sql } from "../../lib/db/index.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { inventorySchema } from "../../services/inventory/migrations/index.ts";
import { table } from "../journey/statistics.ts";
import { type Buyer, drive, type Run } from "./drive.ts";
import { openInProcess, openOverGrpc } from "./grouped.ts";
import { openNaive } from "./naive.ts";

/** What `npm start` gives to Node; see package.json. */
const nodeArgs = ["--max-semi-space-size=16", "--heap-growing-percent=40"];

interface Way {
  name: string;
  open(url: string): Promise<{ buy: Buyer; close: () => Promise<void> }>;
}

const ways: Way[] = [
  { name: "one transaction per buyer", open: async (url) => openNaive(url) },
  { name: "group commit, in process", open: async (url) => openInProcess(url) },
  { name: "group commit, over gRPC", open: (url) => openOverGrpc(url, nodeArgs) },
];

const workloads = [
  { name: "1", skus: ["HOT"] },
  { name: "1,000", skus: Array.from({ length: 1_000 }, (_, i) => `SPREAD-${i}`) },
];

/**
 * Holds of one unit, each with its reservation, ledger entry and counter, on
 * one hot SKU and on 1,000: a row lock and a transaction for each buyer beside
 * Inventory's group commit, in process and over gRPC from a process of its own.
 * Embedded Postgres with fsync on; each run has a fresh database, and counts
 * afterwards that as many units are reserved as buyers were told.
 */
export async function benchInventory(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      "in-flight": { type: "string", default: "128" },
      seconds: { type: "string", default: "5" },
      "warm-up": { type: "string", default: "2" },
    },
  });
  const inFlight = Number(values["in-flight"]);
  const seconds = Number(values.seconds);
  const warmUpSeconds = Number(values["warm-up"]);
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-bench-"));
  const postgres = await startEmbeddedPostgres({ dataDir, log: createLog({ level: "error" }) });
  try {
    const rows: string[][] = [];
    for (const workload of workloads) {
      let naive: Run | undefined;
      for (const way of ways) {
        const run = await measure({
          postgresUrl: postgres.url,
          way,
          skus: workload.skus,
          inFlight,
          warmUpSeconds,
          seconds,
        });
        naive ??= run;
        rows.push(rowOf({ way: way.name, skus: workload.name, run, naive }));
        progress(`${rows.length} of ${ways.length * workloads.length} runs done`);
      }
    }
    progress("");
    report({ rows, inFlight, seconds });
  } finally {
    await postgres[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}

let databases = 0;

async function measure({
  postgresUrl,
  way,
  skus,
  ...load
}: {
  postgresUrl: string;
  way: Way;
  skus: readonly string[];
  inFlight: number;
  warmUpSeconds: number;
  seconds: number;
}): Promise<Run> {
  const url = await freshDatabase(postgresUrl, skus);
  const { buy, close } = await way.open(url);
  try {
    const run = await drive({ buy, skus, ...load });
    const counted = await reservedUnits(url);
    if (counted !== BigInt(run.held)) {
      throw new Error(`${way.name}: ${run.held} units were held, ${counted} are counted as reserved`);
    }
    return run;
  } finally {
    await close();
  }
}

/** A migrated database with stock that nobody can sell out. */
async function freshDatabase(postgresUrl: string, skus: readonly string[]): Promise<string> {
  const name = `bench_${++databases}`;
  const server = new pg.Client({ connectionString: postgresUrl });
  await server.connect();
  await server.query(`create database ${name}`);
  await server.end();
  const location = new URL(postgresUrl);
  location.pathname = `/${name}`;
  const url = location.href;
  await migrate({ url, schemas: [inventorySchema] });
  await using db = openDatabase({ url, schema: "inventory", poolSize: 1 });
  await db.query(sql`
    insert into stock (sku, location_id, on_hand) select sku, 'main', 1000000000 from unnest(${skus}::text[]) as s (sku)`);
  return url;
}

async function reservedUnits(url: string): Promise<bigint> {
  await using db = openDatabase({ url, schema: "inventory", poolSize: 1 });
  const [row] = await db.query<{ units: bigint }>(sql`select sum(reserved)::bigint as units from stock`);
  return row?.units ?? 0n;
}

function rowOf({ way, skus, run, naive }: { way: string; skus: string; run: Run; naive: Run }): string[] {
  return [
    way,
    skus,
    Math.round(run.perSecond).toLocaleString("en"),
    `${run.p50.toFixed(1)} ms`,
    `${run.p99.toFixed(1)} ms`,
    `${(run.perSecond / naive.perSecond).toFixed(1)}x`,
  ];
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function report({ rows, inFlight, seconds }: { rows: string[][]; inFlight: number; seconds: number }): void {
  const head = ["holds of one unit", "SKUs", "a second", "p50", "p99", "to the first"];
  const out = [
    "",
    `${inFlight} in flight, ${seconds} s a run, embedded Postgres with fsync on, ${availableParallelism()} cores`,
    "",
    table(head, rows),
    "",
    "Over gRPC, Inventory runs in a process of its own; buyers, Postgres and both share the machine.",
    "",
  ];
  process.stdout.write(`${out.join("\n")}\n`);
}
