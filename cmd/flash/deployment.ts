import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../lib/telemetry/log.ts";
import { serviceNames } from "../start/network.ts";
import { reservePorts } from "./ports.ts";
import { startMortalPostgres } from "./postgres.ts";
import { keepRunning, type Replica } from "./replica.ts";

/** A shop of its own for one sale: processes on free ports of 127.0.0.1, all data in one folder. */
export interface Deployment {
  /** The gateway. */
  url: string;
  sandboxUrl: string;
  staffKey: string;
  /** Superuser URL with its password: never to be logged. */
  databaseUrl: string;
  /** What may be killed, by kind. */
  replicas: Readonly<Record<string, readonly string[]>>;
  /** SIGKILL; it is started again after so many milliseconds. */
  kill(replica: string, downMs: number): void;
  /** SIGKILL of the postmaster; it is started again after so many milliseconds. */
  killPostgres(downMs: number): Promise<void>;
  /** Resolves when everything runs. */
  ready(): Promise<void>;
  /** How often a process ended although nobody had killed it, by name. */
  deaths(): Map<string, number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The shortest that the shop can be told to hold unpaid goods. */
const holdMinutes = "1";
/** How many processes start at the same time. */
const atOnce = 4;
const poolSize = { together: "8", apart: "4" };

/** Starts the processes and waits until they are ready. What was started is stopped again when that fails. */
export async function deploy({
  dataDir,
  processes,
  apart,
  log,
  signal,
}: {
  dataDir: string;
  /** Replicas of every service. */
  processes: number;
  /** Whether each has a process of its own. */
  apart: boolean;
  log: Log;
  /** Gives up waiting. */
  signal: AbortSignal;
}): Promise<Deployment> {
  signal.throwIfAborted();
  await using stack = new AsyncDisposableStack();
  const logDir = join(dataDir, "logs");
  await mkdir(logDir, { recursive: true });
  // There is one gateway, which buyers call.
  const behind = serviceNames.filter((name) => name !== "gateway");
  const ports = await reservePorts(4 + (apart ? behind.length * processes : 0));
  const nextPort = (): number => {
    const port = ports.pop();
    if (port === undefined) throw new RangeError("there are no ports left");
    return port;
  };
  const postgres = stack.use(
    await startMortalPostgres({ dataDir: join(dataDir, "postgres"), port: nextPort(), log }),
  );
  const [gatewayPort, gatewayGrpcPort, sandboxPort] = [nextPort(), nextPort(), nextPort()];
  const url = `http://127.0.0.1:${gatewayPort}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const staffKey = randomBytes(24).toString("base64url");
  const shared: Record<string, string> = {
    PORT: "0",
    GRPC_PORT: "0",
    DATABASE_URL: postgres.url,
    NODE_COMPILE_CACHE: join(dataDir, "compiled"),
    ROWLOCK_STAFF_KEY: staffKey,
    ROWLOCK_SERVICE_KEY: randomBytes(32).toString("base64url"),
    ROWLOCK_SANDBOX_PORT: String(sandboxPort),
    ROWLOCK_PUBLIC_URL: url,
    ROWLOCK_POOL_SIZE: apart ? poolSize.apart : poolSize.together,
    ROWLOCK_HOLD_MINUTES: holdMinutes,
    ROWLOCK_LOG_LEVEL: "warn",
    ROWLOCK_DEMO: "false",
  };
  const running: Replica[] = [];
  const start = (name: string, parts: readonly string[], env: Record<string, string>) => {
    const own = { ROWLOCK_DATA_DIR: join(dataDir, name) };
    running.push(keepRunning({ name, parts, env: { ...shared, ...own, ...env }, logDir }));
  };
  stack.defer(async () => {
    await Promise.all(running.map((replica) => replica[Symbol.asyncDispose]()));
  });
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  stopped.catch(() => undefined);
  const ready = async () => {
    await Promise.race([Promise.all(running.map((replica) => replica.ready())), stopped]);
  };

  let replicas: Record<string, string[]>;
  if (apart) {
    const portsOf = new Map(behind.map((service) => [service, Array.from({ length: processes }, nextPort)]));
    const addresses = Object.fromEntries(
      [...portsOf].map(([service, own]) => [
        `ROWLOCK_${service.toUpperCase()}_ADDR`,
        `ipv4:${own.map((port) => `127.0.0.1:${port}`).join(",")}`,
      ]),
    );
    replicas = Object.fromEntries(
      behind.map((service) => [service, Array.from({ length: processes }, (_, i) => `${service}-${i + 1}`)]),
    );
    start("sandbox", ["sandbox"], {});
    await ready();
    const env = {
      ...addresses,
      ROWLOCK_GATEWAY_ADDR: `127.0.0.1:${gatewayGrpcPort}`,
      ROWLOCK_SANDBOX_URL: sandboxUrl,
    };
    // Starting takes processor time: a few at a time are all ready sooner.
    for (let i = 0; i < processes; i++) {
      for (const [service, own] of portsOf) {
        start(`${service}-${i + 1}`, [service], { ...env, GRPC_PORT: String(own[i]) });
        if (running.length % atOnce === 0) await ready();
      }
    }
    start("gateway", ["gateway"], {
      ...env,
      PORT: String(gatewayPort),
      GRPC_PORT: String(gatewayGrpcPort),
    });
    replicas["gateway"] = ["gateway"];
  } else {
    start("shop", [], { PORT: String(gatewayPort) });
    replicas = { shop: ["shop"] };
  }
  await ready();

  const stop = stack.move();
  return {
    url,
    sandboxUrl,
    staffKey,
    databaseUrl: postgres.url,
    replicas,
    kill: (name, downMs) => running.find((replica) => replica.name === name)?.kill(downMs),
    killPostgres: (downMs) => postgres.kill(downMs),
    ready,
    deaths: () =>
      new Map(running.filter(({ deaths }) => deaths > 0).map(({ name, deaths }) => [name, deaths])),
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}
