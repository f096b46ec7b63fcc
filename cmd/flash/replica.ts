import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A process of the shop that is started again whenever it ends. */
export interface Replica {
  readonly name: string;
  /** Resolves when it says that it is ready, also after a restart; rejects when it does not come up. */
  ready(): Promise<void>;
  /** SIGKILL; it starts again after so many milliseconds. */
  kill(downMs: number): void;
  /** How often it ended although nobody had killed it, or failed to start. */
  readonly deaths: number;
  /** Kills it for good. */
  [Symbol.asyncDispose](): Promise<void>;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const readyLine = "Rowlock is ready.\n";
const startMs = 300_000;
const pauseAfterDeathMs = 500;
/** While Postgres is away a process fails at its start, as it should. */
const startsInARow = 60;

const running = new Set<ChildProcess>();
// Whatever ends this program, its children end with it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs `cmd/start.ts PART…` and keeps it running; what it prints goes to `logDir/NAME.log`. */
export function keepRunning({
  name,
  parts,
  env,
  logDir,
}: {
  name: string;
  parts: readonly string[];
  env: Readonly<Record<string, string>>;
  logDir: string;
}): Replica {
  const log = createWriteStream(join(logDir, `${name}.log`), { flags: "a" });
  let up = Promise.withResolvers<void>();
  let isUp = false;
  let child: ChildProcess | undefined;
  let stopping = false;
  let downMs: number | undefined;
  let deaths = 0;
  up.promise.catch(() => undefined);

  const goesDown = () => {
    if (!isUp) return;
    isUp = false;
    up = Promise.withResolvers();
    up.promise.catch(() => undefined);
  };

  /** Starts it once; resolves, when it has ended, with whether it had been ready. */
  const run = async (): Promise<boolean> => {
    const { PATH = "", HOME = "" } = process.env;
    const started = spawn(process.execPath, [join(root, "cmd/start.ts"), ...parts], {
      cwd: root,
      env: { PATH, HOME, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    running.add(started);
    let banner = "";
    let ready = false;
    const tooLate = setTimeout(() => started.kill("SIGKILL"), startMs);
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log.write(text);
        if (ready) return;
        banner = (banner + text).slice(-4_000);
        if (!banner.includes(readyLine)) return;
        ready = true;
        isUp = true;
        clearTimeout(tooLate);
        up.resolve();
      });
    }
    await once(started, "close");
    clearTimeout(tooLate);
    running.delete(started);
    log.write(`-- ${name} has ended (${started.exitCode ?? started.signalCode})\n`);
    return ready;
  };

  const keeping = (async () => {
    for (let failed = 0; !stopping && failed < startsInARow; ) {
      const wasReady = await run();
      failed = wasReady ? 0 : failed + 1;
      goesDown();
      if (downMs === undefined && !stopping) deaths++;
      const pause = downMs ?? pauseAfterDeathMs;
      downMs = undefined;
      if (!stopping) await delay(pause);
    }
    up.reject(new Error(`${name} does not start; see ${join(logDir, `${name}.log`)}`));
  })();

  return {
    name,
    ready: () => up.promise,
    kill: (ms) => {
      if (child === undefined || !running.has(child)) return;
      downMs = ms;
      goesDown();
      child.kill("SIGKILL");
    },
    get deaths() {
      return deaths;
    },
    [Symbol.asyncDispose]: async () => {
      stopping = true;
      child?.kill("SIGKILL");
      await keeping;
      await new Promise<void>((resolve) => log.end(resolve));
    },
  };
}
