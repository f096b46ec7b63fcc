import { type ChildProcess, spawn } from "node:child_process";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";
import { isInstalled } from "./programs.ts";

/** A Redis server of its own for a test file. */
export interface TestRedis {
  /** A connected client; closed with the server. */
  readonly redis: Redis;
  /** `redis://127.0.0.1:port`, for further clients. */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Whether to run tests on Redis: `describe.skipIf(!redisInstalled)`. They are left out on a machine without the program
 * `redis-server`, but never in CI, where a missing program is a failure.
 */
export const redisInstalled: boolean = isInstalled("redis-server", ["--version"]);

const ATTEMPTS = 5;

/**
 * Starts `redis-server` on a free port of 127.0.0.1, or on the given one, keeping nothing on disk, and stops it when disposed of.
 * @throws when the program is not installed or does not start
 */
export async function testRedis(given?: { port: number }): Promise<TestRedis> {
  for (let attempt = 1; ; attempt++) {
    const port = given?.port ?? (await freePort());
    const server = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const output = await untilReady(server);
    if (output === undefined) return connect(server, port);
    if (attempt === ATTEMPTS) throw new Error(`redis-server does not start: ${output}`);
  }
}

/** Undefined when the server is ready, else what it said before it ended. */
function untilReady(server: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let output = "";
    server.once("error", (err) => resolve(err.message));
    server.once("close", () => resolve(output));
    server.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ready to accept connections")) resolve(undefined);
    });
  });
}

async function connect(server: ChildProcess, port: number): Promise<TestRedis> {
  const url = `redis://127.0.0.1:${port}`;
  const redis = new Redis(url);
  await redis.ping();
  return {
    redis,
    url,
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = new Promise((resolve) => server.once("close", resolve));
      server.kill("SIGKILL");
      await ended;
    },
  };
}
