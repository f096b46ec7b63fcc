import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A shop in a process of its own. */
export interface Server {
  url: string;
  staffKey: string;
  /** What it has done and needs, as its own metrics and the kernel say. */
  measure(): Promise<{
    statements: number;
    ordersPaid: number;
    openJobs: number;
    residentBytes: number;
    peakBytes: number;
    /** Processor time used so far, by the shop's process and by its Postgres. */
    cpu: { shop: number; postgres: number };
  }>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts `cmd/start.ts`, with arguments for Node, on free ports with embedded Postgres and the sandbox, and waits until it is ready. */
export async function startServer(dataDir: string, nodeArgs: readonly string[]): Promise<Server> {
  const child = spawn(process.execPath, [...nodeArgs, ...(await startArguments())], {
    cwd: root,
    env: {
      ...process.env,
      PORT: "0",
      GRPC_PORT: "0",
      ROWLOCK_SANDBOX_PORT: "0",
      ROWLOCK_DATA_DIR: dataDir,
      ROWLOCK_LOG_LEVEL: "warn",
      ROWLOCK_DEMO: "false",
      DATABASE_URL: "",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes("Rowlock is ready.")) break;
  }
  const url = /Connect\s+(\S+)/.exec(output)?.[1];
  if (url === undefined) throw new Error(`the shop did not start:\n${output}`);
  return {
    url,
    staffKey: (await readFile(join(dataDir, "staff-key"), "utf8")).trim(),
    measure: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const status = await readFile(`/proc/${child.pid}/status`, "utf8");
      const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
      return {
        statements: sum(metrics, /^rowlock_sql_statements_total\S* (\d+)/gm),
        ordersPaid: sum(
          metrics,
          /^rowlock_rpc_duration_seconds_count\{method="[^"]*\/CapturePayment",code="OK"\} (\d+)/gm,
        ),
        openJobs:
          sum(
            metrics,
            /^rowlock_rpc_duration_seconds_count\{method="[^"]*\/CapturePayment",code="OK"\} (\d+)/gm,
          ) -
          sum(
            metrics,
            /^rowlock_rpc_duration_seconds_count\{method="[^"]*\/NotifyOrder",code="OK"\} (\d+)/gm,
          ),
        residentBytes: kib("VmRSS"),
        peakBytes: kib("VmHWM"),
        cpu: await cpuSeconds(child.pid ?? 0),
      };
    },
    stop: async () => {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
}

/** What `npm start` gives to Node. */
async function startArguments(): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    scripts: { start: string };
  };
  return scripts.start.split(" ").slice(1);
}

/** Clock ticks a second of /proc/PID/stat: 100 on every Linux that Node runs on. */
const ticks = 100;

/** Processor seconds of a process, and of the Postgres processes below it (those that ended are in their parent's sum). */
async function cpuSeconds(pid: number): Promise<{ shop: number; postgres: number }> {
  const stats = new Map<number, { name: string; parent: number; own: number; ended: number }>();
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const text = await readFile(`/proc/${entry}/stat`, "utf8").catch(() => "");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const at = (i: number) => Number(fields[i - 3] ?? 0);
    const name = /\((.*)\)/.exec(text)?.[1] ?? "";
    stats.set(Number(entry), { name, parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) });
  }
  const isBelow = (id: number): boolean => {
    const parent = stats.get(id)?.parent;
    return parent !== undefined && (parent === pid || isBelow(parent));
  };
  let postgres = 0;
  for (const [id, stat] of stats)
    if (stat.name === "postgres" && isBelow(id)) postgres += stat.own + stat.ended;
  return { shop: (stats.get(pid)?.own ?? 0) / ticks, postgres: postgres / ticks };
}
