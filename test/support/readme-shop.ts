import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { freePort } from "../../lib/testing/free-port.ts";

/** A shop that was started by the package's own `start` script. */
export interface StartedShop {
  /** What it printed, from the empty line before the banner on. */
  banner: string;
  /** The environment in which a reader's shell finds it. */
  env: NodeJS.ProcessEnv;
  dataDir: string;
  ports: { http: string; grpc: string; sandbox: string };
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>;
  /** Stops it and removes its data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs `command` (a package script that starts with `node`) in the repository at `root`, on free ports
 * with data of its own and otherwise no variable of `unset`, and waits for its ready line.
 *
 * @throws when it ends before; the message has what it printed.
 */
export async function startAsReader({
  root,
  command,
  unset,
}: {
  root: string;
  command: string;
  unset: ReadonlySet<string>;
}): Promise<StartedShop> {
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-readme-"));
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !unset.has(name))),
    PATH: [join(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
    ROWLOCK_DATA_DIR: dataDir,
    PORT: "0",
    GRPC_PORT: "0",
    ROWLOCK_SANDBOX_PORT: "0",
    // The README's receiver of webhooks is on this machine.
    ROWLOCK_WEBHOOK_PRIVATE: "true",
    // As in a terminal of one's own: no warnings about the npm above, no colours.
    npm_config_loglevel: "error",
    FORCE_COLOR: undefined,
    NO_COLOR: "1",
  };
  const child = spawn("sh", ["-c", `exec ${command}`], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  const close = async () => {
    await stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    let output = "";
    const ready = Promise.withResolvers<void>();
    const read = (chunk: string) => {
      output += chunk;
      if (output.includes("Rowlock is ready.\n")) ready.resolve();
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    void ended.then((code) => ready.reject(new Error(`the shop ended with ${code}:\n${output}`)));
    await ready.promise;
    const banner = output.slice(output.lastIndexOf("\n\n", output.indexOf("  Parts ")) + 1);
    const ports = {
      http: portIn(banner, "Connect"),
      grpc: portIn(banner, "gRPC"),
      sandbox: portIn(banner, "Inbox"),
    };
    return {
      banner,
      dataDir,
      ports,
      env: {
        ...{ ...env, PORT: ports.http, GRPC_PORT: ports.grpc, ROWLOCK_SANDBOX_PORT: ports.sandbox },
        // Where the README's receiver of webhooks listens.
        HOOKS_PORT: String(await freePort()),
      },
      stop,
      [Symbol.asyncDispose]: close,
    };
  } catch (err) {
    await close();
    throw err;
  }
}

function portIn(banner: string, name: string): string {
  const port = new RegExp(`^ +${name} .*:(\\d+)(?:/|$)`, "m").exec(banner)?.[1];
  if (port === undefined) throw new Error(`the banner has no ${name}:\n${banner}`);
  return port;
}
