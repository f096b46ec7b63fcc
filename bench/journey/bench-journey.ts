import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { createHttp } from "./http.ts";
import { type JourneyTimes, newJourney, stepNames } from "./journey.ts";
import { seed } from "./seed.ts";
import { type Server, startServer } from "./server.ts";
import { percentile, table } from "./statistics.ts";

/**
 * Complete purchases over REST against a shop in a process of its own, with
 * embedded Postgres and the sandbox, as `npm start` runs them: how many a
 * second, how long each step takes, how many SQL statements and how much
 * memory they cost. Statements include the jobs that ship the orders.
 * `--profile DIR` writes CPU profiles of the server there.
 */
export async function benchJourney(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      "in-flight": { type: "string", default: "32" },
      seconds: { type: "string", default: "15" },
      "warm-up": { type: "string", default: "5" },
      profile: { type: "string" },
    },
  });
  const inFlight = Number(values["in-flight"]);
  const seconds = Number(values.seconds);
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-bench-"));
  const profile = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
  const server = await startServer(dataDir, profile);
  try {
    const http = createHttp(server.url, inFlight);
    const products = await seed(http, server.staffKey);
    await drive({ http, products, inFlight, seconds: Number(values["warm-up"]) });
    await settled(server);
    const before = await server.measure();
    const run = await drive({ http, products, inFlight, seconds });
    const during = await server.measure();
    const drainSeconds = await settled(server);
    const after = await server.measure();
    const bare = await bareRequests(http, inFlight);
    report({ run, seconds, inFlight, drainSeconds, bare, before, during, after });
    http.close();
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Run {
  times: JourneyTimes[];
  failures: Map<string, number>;
}

type Measure = Awaited<ReturnType<Server["measure"]>>;

async function drive({
  http,
  products,
  inFlight,
  seconds,
}: {
  http: ReturnType<typeof createHttp>;
  products: readonly string[];
  inFlight: number;
  seconds: number;
}): Promise<Run> {
  const run: Run = { times: [], failures: new Map() };
  const end = performance.now() + seconds * 1000;
  const buyer = async () => {
    while (performance.now() < end) {
      try {
        const times = await newJourney(http, products);
        if (performance.now() < end) run.times.push(times);
      } catch (err) {
        const message = (err as Error).message.slice(0, 200);
        run.failures.set(message, (run.failures.get(message) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, buyer));
  return run;
}

/** Requests a second that the same process answers without doing anything: how fast the machine is just now. */
async function bareRequests(http: ReturnType<typeof createHttp>, inFlight: number): Promise<number> {
  const seconds = 3;
  const end = performance.now() + seconds * 1000;
  let answered = 0;
  const caller = async () => {
    while (performance.now() < end) {
      await http.call("GET", "/healthz", {});
      answered++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return answered / seconds;
}

/** Waits until every paid order has been shipped, for two minutes at most; returns the seconds it took. */
async function settled(server: Server): Promise<number> {
  const start = performance.now();
  while ((await server.measure()).openJobs > 0) {
    if (performance.now() - start > 120_000) throw new Error("jobs are still open after two minutes");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return (performance.now() - start) / 1000;
}

function report({
  run,
  seconds,
  inFlight,
  drainSeconds,
  bare,
  before,
  during,
  after,
}: {
  run: Run;
  seconds: number;
  inFlight: number;
  drainSeconds: number;
  bare: number;
  before: Measure;
  during: Measure;
  after: Measure;
}): void {
  const { times, failures } = run;
  const journeys = times.length;
  const rows = stepNames.map((step, i) => {
    const values = times.map((time) => time.steps[i] ?? 0).sort((a, b) => a - b);
    return [step, ...[0.5, 0.95, 0.99].map((p) => `${percentile(values, p).toFixed(1)} ms`)];
  });
  const totals = times.map((time) => time.total).sort((a, b) => a - b);
  rows.push(["whole journey", ...[0.5, 0.95, 0.99].map((p) => `${percentile(totals, p).toFixed(1)} ms`)]);
  const done = after.ordersPaid - before.ordersPaid;
  const cpu = (who: "shop" | "postgres") =>
    `${(((after.cpu[who] - before.cpu[who]) * 1000) / done).toFixed(2)} ms`;
  const out = [
    "",
    `${(journeys / seconds).toFixed(1)} journeys a second, ${inFlight} in flight, ${seconds} s, ${journeys} journeys`,
    "",
    table(["step", "p50", "p95", "p99"], rows),
    "",
    `Bare requests a second     ${Math.round(bare)} (GET /healthz, the same process, after the run)`,
    `SQL statements a journey   ${((after.statements - before.statements) / done).toFixed(1)} (shipping included)`,
    `Processor time a journey   shop ${cpu("shop")}, Postgres ${cpu("postgres")} (shipping included)`,
    `Server memory, at the end  ${mib(during.residentBytes)}, at most ${mib(after.peakBytes)}`,
    `Shipped when it ended      ${Math.round((1 - during.openJobs / Math.max(1, done)) * 100)} %, the rest ${drainSeconds.toFixed(1)} s later`,
    `Failures                   ${failures.size === 0 ? "none" : ""}`,
    ...[...failures].map(([message, count]) => `  ${count} × ${message}`),
    "",
  ];
  process.stdout.write(`${out.join("\n")}\n`);
  if (failures.size > 0) process.exitCode = 1;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
