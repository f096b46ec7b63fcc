import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { compileCache, root } from "../../lib/testing/programs.ts";

/** A `node cmd/start.ts` that has said it is ready. */
export interface Started {
  pid: number;
  /** From its banner: `http://127.0.0.1:…`. */
  httpUrl: string;
  /** From its banner: `127.0.0.1:…`. */
  grpcAddress: string;
  /** From its banner; empty when it uses no sandbox. */
  sandboxUrl: string;
  /** All it has printed, in order. */
  output: () => string;
  /** Sends the signal and waits for the end. */
  end: (signal: "SIGTERM" | "SIGINT" | "SIGKILL") => Promise<Ended>;
  /** Kills it if it is still there. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a process ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Milliseconds from the signal, or from the start, to the end. */
  ms: number;
}

const readyLine = "Rowlock is ready.\n";

/**
 * Starts `node cmd/start.ts ARGS` on free ports, with these variables and no other of Rowlock's.
 * @throws when it ends before it is ready; the message has what it printed.
 */
export async function startProcess({
  args = [],
  env = {},
}: {
  args?: readonly string[];
  env?: Record<string, string>;
}): Promise<Started> {
  const child = spawnStart({ args, env });
  const { ended, output } = child;
  const ready = Promise.withResolvers<void>();
  child.onOutput(() => {
    if (output().includes(readyLine)) ready.resolve();
  });
  const early = ended.then(({ code }) => {
    throw new Error(`cmd/start.ts ${args.join(" ")} ended with ${code}:\n${output()}`);
  });
  await Promise.race([ready.promise, early]);
  early.catch(() => undefined);
  const banner = output();
  const end: Started["end"] = async (signal) => {
    const from = performance.now();
    child.kill(signal);
    return { ...(await ended), ms: performance.now() - from };
  };
  return {
    pid: child.pid,
    httpUrl: valueIn(banner, "Connect"),
    grpcAddress: valueIn(banner, "gRPC"),
    sandboxUrl: valueIn(banner, "Inbox").replace(/\/sandbox$/, ""),
    output,
    end,
    [Symbol.asyncDispose]: async () => void (await end("SIGKILL")),
  };
}

/** Runs `node cmd/start.ts ARGS` to its end, which should come by itself. */
export async function runToEnd(how: {
  args?: readonly string[];
  env?: Record<string, string>;
}): Promise<Ended> {
  return spawnStart({ args: how.args ?? [], env: how.env ?? {} }).ended;
}

function spawnStart({ args, env }: { args: readonly string[]; env: Record<string, string> }) {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["cmd/start.ts", ...args], {
    cwd: root,
    env: {
      ...{ PATH, HOME, NODE_COMPILE_CACHE: compileCache },
      ...{ PORT: "0", GRPC_PORT: "0", ROWLOCK_SANDBOX_PORT: "0", ...env },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const from = performance.now();
  const text = { all: "", stdout: "", stderr: "" };
  const listeners: (() => void)[] = [];
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      text.all += chunk;
      for (const listener of listeners) listener();
    });
  }
  // Unlike "exit", "close" comes when all output has been read.
  const ended = once(child, "close").then(
    ([code, signal]): Ended => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: text.stdout,
      stderr: text.stderr,
      ms: performance.now() - from,
    }),
  );
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => text.all,
    onOutput: (listener: () => void) => listeners.push(listener),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
  };
}

/** Whether a process of this id runs. One that has ended may still wait for its parent to ask how. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/^\d+ \(.*\) [ZX] /s.test(readFileSync(stat, "latin1"));
}

function valueIn(banner: string, name: string): string {
  return new RegExp(`^ +${name} +(\\S+)$`, "m").exec(banner)?.[1] ?? "";
}
