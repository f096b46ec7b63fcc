import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
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
  }>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts `cmd/start.ts` on free ports with embedded Postgres and the sandbox, and waits until it is ready. */
export async function startServer(dataDir: string): Promise<Server> {
  const child = spawn(process.execPath, ["cmd/start.ts"], {
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
