import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres, THROWAWAY_FLAGS } from "../../lib/db/embedded.ts";
import { freePort } from "../../lib/testing/free-port.ts";
import { redisInstalled, testRedis } from "../../lib/testing/redis.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { runToEnd, startProcess } from "../support/process.ts";

const slow = { timeout: 180_000 };
const log = pino({ level: "silent" });

let folder: string;
let port: number;
let databaseUrl: string;
const startPostgres = () =>
  startEmbeddedPostgres({ dataDir: join(folder, "postgres"), port, log, flags: THROWAWAY_FLAGS });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rowlock-wait-"));
  port = await freePort();
  const { password } = new URL(await urlOnce());
  databaseUrl = `postgres://rowlock:${password}@127.0.0.1:${port}/rowlock`;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes the database and stops it again. */
async function urlOnce(): Promise<string> {
  await using postgres = await startPostgres();
  return postgres.url.replace(/@[^/]*/, "@127.0.0.1");
}

test(
  "a shop whose Postgres and Redis come later waits for them, and is alive and not ready",
  slow,
  async () => {
    const [httpPort, redisPort] = [await freePort(), await freePort()];
    const starting = startProcess({
      env: {
        DATABASE_URL: databaseUrl,
        ...(redisInstalled && { REDIS_URL: `redis://127.0.0.1:${redisPort}` }),
        ROWLOCK_DATA_DIR: join(folder, "data"),
        PORT: String(httpPort),
        ROWLOCK_DEMO: "false",
      },
    });
    const status = (path: string) =>
      fetch(`http://127.0.0.1:${httpPort}${path}`).then(
        async (answer) => [answer.status, await answer.text()] as const,
        () => undefined,
      );
    await waitFor(async () => (await status("/healthz"))?.[0] === 200, { timeoutMs: 60_000 });
    expect(await status("/readyz")).toEqual([503, "not ready\n"]);
    const [code, body] = (await status("/v1/products")) ?? [];
    expect([code, JSON.parse(body ?? "").error.details[0].reason]).toEqual([503, "STARTING"]);

    await using _postgres = await startPostgres();
    await using _redis = redisInstalled ? await testRedis({ port: redisPort }) : undefined;
    await using shop = await starting;
    expect(await status("/readyz")).toEqual([200, "ready\n"]);
    expect(shop.output()).toContain("the Postgres of DATABASE_URL does not answer");
    expect((await status("/v1/products"))?.[0]).toBe(200);
    expect((await shop.end("SIGTERM")).code).toBe(0);
  },
);

test("one whose Postgres never comes gives up, and says so in one line", slow, async () => {
  const ended = await runToEnd({
    env: {
      DATABASE_URL: databaseUrl,
      ROWLOCK_DATA_DIR: join(folder, "other"),
      ROWLOCK_START_WAIT_SECONDS: "1",
    },
  });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toBe(
    `the Postgres of DATABASE_URL does not answer after 1 s: connect ECONNREFUSED 127.0.0.1:${port}\n`,
  );
});
