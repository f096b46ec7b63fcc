import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { freePort } from "../../lib/testing/free-port.ts";
import { compileCache, root } from "../../lib/testing/programs.ts";
import { asTestShop, type TestShop, testServiceKey, testStaffKey } from "../support/shop.ts";
import type { Order, Point, StepMessage } from "./points.ts";

/** Where a shop keeps what outlives its processes. */
export interface Ground {
  databaseUrl: string;
  dataDir: string;
  sandboxUrl: string;
}

/** A shop whose process is killed and started again; always at the same address. */
export class ShopProcess {
  readonly shop: TestShop;
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  #output = "";
  #steps: string[] = [];

  private constructor(ground: Ground, { port, grpcPort }: { port: number; grpcPort: number }) {
    this.shop = asTestShop({
      ...ground,
      httpUrl: `http://127.0.0.1:${port}`,
      grpcAddress: `127.0.0.1:${grpcPort}`,
      close: async () => undefined,
    });
    const { PATH = "", HOME = "" } = process.env;
    this.#env = {
      ...{ PATH, HOME, PORT: String(port), GRPC_PORT: String(grpcPort) },
      NODE_COMPILE_CACHE: compileCache,
      DATABASE_URL: ground.databaseUrl,
      ROWLOCK_DATA_DIR: ground.dataDir,
      ROWLOCK_SANDBOX_URL: ground.sandboxUrl,
      ROWLOCK_POOL_SIZE: "4",
      ROWLOCK_STAFF_KEY: testStaffKey,
      ROWLOCK_SERVICE_KEY: testServiceKey,
      ROWLOCK_LOG_LEVEL: "warn",
      ROWLOCK_DEMO: "false",
    };
  }

  static async open(ground: Ground): Promise<ShopProcess> {
    return new ShopProcess(ground, { port: await freePort(), grpcPort: await freePort() });
  }

  /** Starts the process, and waits until it is ready. */
  async start(): Promise<void> {
    this.#output = "";
    const child = spawn(process.execPath, ["--import", "./test/crash/steps.ts", "cmd/start.ts"], {
      cwd: root,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    const ready = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.#output += chunk;
        if (this.#output.includes("Rowlock is ready.")) ready.resolve();
      });
    }
    child.once("exit", (code) => ready.reject(new Error(`the shop ended with ${code}:\n${this.#output}`)));
    child.on("message", (message: StepMessage) => {
      if ("step" in message) this.#steps.push(message.step);
    });
    await ready.promise;
  }

  /** Has the process die at the point, counting its steps from now on; or, without one, tell of its steps. */
  async watch(point?: Point): Promise<void> {
    const child = this.#running();
    const heard = once(child, "message");
    this.#steps = [];
    child.send({ ...(point && { point }), tell: point === undefined } satisfies Order);
    await heard;
  }

  /** The steps that the process has told of. */
  get steps(): readonly string[] {
    return this.#steps;
  }

  get isDead(): boolean {
    return this.#child === undefined || this.#child.signalCode !== null || this.#child.exitCode !== null;
  }

  /** What the process has printed. */
  get output(): string {
    return this.#output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isDead || this.#child === undefined) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }

  #running(): ChildProcess {
    if (this.#child === undefined || this.isDead) throw new Error(`the shop does not run:\n${this.#output}`);
    return this.#child;
  }
}
