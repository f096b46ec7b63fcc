import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../journey/statistics.ts";
import type { LoadOrder, LoadResult } from "./load.ts";
import { type Workload, workloads } from "./workloads.ts";

/** What `npm start` gives to Node; see package.json. */
const nodeArgs = ["--max-semi-space-size=16", "--heap-growing-percent=40"];
const names = ["transcoder", "front door", "fastify", "fastify, all", "node:http"];
const yardstick = "fastify";

/**
 * A unary echo over REST: the transcoder with services in the same process beside a hand-written Fastify route
 * with a JSON schema, and bare node:http, which parses and writes. What each of them does stands in `servers.ts`.
 * Each server has a process of its own, and so has the load; rounds alternate, so that whatever else the machine
 * does hits all alike, and a ratio is the median of the rounds'.
 */
export async function benchGateway(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      connections: { type: "string", default: "32" },
      seconds: { type: "string", default: "3" },
      "warm-up": { type: "string", default: "1" },
      rounds: { type: "string", default: "5" },
    },
  });
  const load = {
    connections: Number(values.connections),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values["warm-up"]),
  };
  const children: ChildProcess[] = [];
  const start = (file: string, argument: string[]): ChildProcess => {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, argument, { execArgv: nodeArgs });
    children.push(child);
    return child;
  };
  try {
    const hosts = new Map<string, Host>();
    for (const name of names) {
      const child = start("./serve.ts", [name]);
      hosts.set(name, { child, port: await answerOf<number>(child) });
    }
    const generator = start("./load.ts", []);
    const rows: string[][] = [];
    for (const workload of workloads) {
      const able = names.filter((name) => !workload.without.includes(name));
      const runs = new Map<string, Run[]>(able.map((name) => [name, []]));
      for (let round = 0; round < Number(values.rounds); round++) {
        for (const name of able) {
          const { child, port } = hosts.get(name) as Host;
          const order: LoadOrder = { port, workload, ...load };
          const before = await ask<number>(child, "cpu");
          const result = await ask<LoadResult>(generator, order);
          const cpu = (await ask<number>(child, "cpu")) - before;
          runs.get(name)?.push({ ...result, cpu: cpu / result.answers });
          progress(`${workload.name}: round ${round + 1}, ${name}`);
        }
      }
      rows.push(...rowsOf(workload, runs));
    }
    progress("");
    report(rows, { ...load, rounds: Number(values.rounds) });
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(
      children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, "exit")),
    );
  }
}

interface Host {
  child: ChildProcess;
  port: number;
}

interface Run extends LoadResult {
  /** CPU time of the server for one answer, in microseconds. */
  cpu: number;
}

function ask<T>(child: ChildProcess, question: LoadOrder | "cpu"): Promise<T> {
  child.send(question);
  return answerOf(child);
}

/** The next message of a child. Throws when it ends instead, or says that it failed. */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const exited = once(child, "exit", { signal: over.signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code as number}`);
  });
  exited.catch(() => {});
  const [answer] = (await Promise.race([once(child, "message"), exited])) as [T | { error: string }];
  over.abort();
  if (typeof answer === "object" && answer !== null && "error" in answer) throw new Error(answer.error);
  return answer as T;
}

function rowsOf(workload: Workload, runs: Map<string, Run[]>): string[][] {
  const reference = runs.get(yardstick) ?? [];
  return [...runs].map(([name, own]) => {
    const rate = median(own.map((run, round) => run.perSecond / (reference[round]?.perSecond ?? 0)));
    const cpu = median(own.map((run, round) => (reference[round]?.cpu ?? 0) / run.cpu));
    return [
      ...[workload.name, name, Math.round(median(own.map((run) => run.perSecond))).toLocaleString("en")],
      rate.toFixed(2),
      `${median(own.map((run) => run.p50)).toFixed(2)} ms`,
      `${median(own.map((run) => run.p99)).toFixed(2)} ms`,
      `${median(own.map((run) => run.cpu)).toFixed(0)} µs`,
      cpu.toFixed(2),
    ];
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function report(
  rows: string[][],
  { connections, seconds, rounds }: { connections: number; seconds: number; rounds: number },
): void {
  const head = ["echo", "server", "requests a second", "to Fastify", "p50", "p99", "CPU each", "to Fastify"];
  const out = [
    "",
    `${connections} connections, ${rounds} alternating rounds of ${seconds} s, medians, ${availableParallelism()} cores`,
    "",
    table(head, rows),
    "",
    "Each server and the load generator run in a process of their own and share the machine. CPU is the server's,",
    "for one answer: what is left of the comparison when others use the machine, too. Fastify is 1.00; more is faster.",
    "transcoder: route, JSON, validation, deadline, request id. front door: that, and who calls, limits, log, all",
    "interceptors. fastify: route, JSON schema. fastify, all: that, and deadline, request id and the same headers.",
    "",
  ];
  process.stdout.write(`${out.join("\n")}\n`);
}
