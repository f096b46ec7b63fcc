import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../cmd/start/config.ts";
import { startShop } from "../../cmd/start/shop.ts";
import { AuthService } from "../../gen/rowlock/auth/v1/auth_pb.js";
import { CatalogService } from "../../gen/rowlock/catalog/v1/catalog_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createGrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { asSuperuser } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { reasonIn } from "../support/rest.ts";
import { openShop, type TestShop, testServiceKey, testStaffKey } from "../support/shop.ts";
import { newVisitor, signUp } from "./visitor.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.[Symbol.asyncDispose]());

const make = (body: object, key?: string) =>
  shop.rest("POST", "/v1/apiKeys", { staff: shop.staff, body, key });
const callerWith = (key: string) => shop.rest("GET", "/v1/caller", { staff: key });

describe("CreateApiKey", () => {
  test("makes a key that works, shows it once, and stores it nowhere", async () => {
    const made = await make({ name: "Till 1", role: "ROLE_EDITOR", areas: ["catalog"] });
    expect(made.status).toBe(200);
    const { id, key, hint } = made.body;
    expect(id).toMatch(/^key_[0-9a-z]{26}$/);
    expect(key).toMatch(/^rlk_[\w-]{43}$/);
    expect(hint).toBe(key.slice(-4));
    expect((await callerWith(key)).body).toEqual({
      kind: "KIND_STAFF",
      id,
      role: "ROLE_EDITOR",
      areas: ["catalog"],
    });
    const listed = await shop.rest("GET", "/v1/apiKeys", { staff: shop.staff });
    expect(listed.body.apiKeys[0]).toMatchObject({ id, name: "Till 1", key: "", hint });
    await asSuperuser(shop.databaseUrl, async (client) => {
      const { rows } = await client.query("select * from auth.api_key");
      expect(JSON.stringify(rows)).not.toContain(key.slice(4));
      const kept = await client.query(
        "select convert_from(response, 'SQL_ASCII') as text from auth.idempotency",
      );
      expect(JSON.stringify(kept.rows)).not.toContain(key.slice(4));
    });
  });

  test("repeated with its request_id returns the same key; with another request it is refused", async () => {
    const body = { name: "Robot", role: "ROLE_VIEWER" };
    const answers = await Promise.all([make(body, "robot-1"), make(body, "robot-1"), make(body, "robot-1")]);
    answers.push(await make(body, "robot-1"));
    const [first] = answers;
    expect(first?.body.key).toMatch(/^rlk_/);
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([200, first?.body]);
    const other = await make({ ...body, role: "ROLE_ADMIN" }, "robot-1");
    expect([other.status, reasonIn(other)]).toEqual([409, "REQUEST_ID_REUSED"]);
  });

  test("an admin's key is for all areas", async () => {
    const { body } = await make({ name: "Chief", role: "ROLE_ADMIN", areas: ["order"] });
    expect(body.areas).toEqual([]);
    expect((await shop.rest("GET", "/v1/apiKeys", { staff: body.key })).status).toBe(200);
  });

  test.each([
    ["no name", { role: "ROLE_VIEWER" }, "INVALID_ARGUMENT"],
    ["no role", { name: "x" }, "INVALID_ARGUMENT"],
    ["a role that there is not", { name: "x", role: 7 }, "INVALID_ARGUMENT"],
    ["an area that there is not", { name: "x", role: "ROLE_VIEWER", areas: ["till"] }, "INVALID_ARGUMENT"],
    [
      "an end that is past",
      { name: "x", role: "ROLE_VIEWER", expireTime: "2020-01-01T00:00:00Z" },
      "EXPIRE_TIME_PAST",
    ],
  ])("%s is refused", async (_, body, reason) => {
    const refused = await make(body);
    expect([refused.status, reasonIn(refused)]).toEqual([400, reason]);
  });
});

test("a list has pages", async () => {
  for (let i = 0; i < 3; i++) await make({ name: `page ${i}`, role: "ROLE_VIEWER" });
  const list = (query: string) => shop.rest("GET", `/v1/apiKeys?${query}`, { staff: shop.staff });
  const first = await list("pageSize=2");
  expect(first.body.apiKeys.map(({ name }: { name: string }) => name)).toEqual(["page 2", "page 1"]);
  const second = await list(`pageSize=2&pageToken=${first.body.nextPageToken}`);
  expect(second.body.apiKeys[0].name).toBe("page 0");
  const spoiled = await list("pageToken=made-up");
  expect([spoiled.status, reasonIn(spoiled)]).toEqual([400, "PAGE_TOKEN_INVALID"]);
});

describe("a key ends", () => {
  test("when it is revoked, and stays revoked", async () => {
    const { id, key } = (await make({ name: "Lost", role: "ROLE_VIEWER" })).body;
    expect((await callerWith(key)).status).toBe(200);
    const revoke = (apiKeyId: string) =>
      shop.rest("POST", `/v1/apiKeys/${apiKeyId}:revoke`, { staff: shop.staff });
    const revoked = await revoke(id);
    expect(revoked.body).toMatchObject({ id, revokeTime: expect.any(String) });
    const refused = await callerWith(key);
    expect([refused.status, reasonIn(refused)]).toEqual([401, "INVALID_CREDENTIALS"]);
    expect((await revoke(id)).body.revokeTime).toBe(revoked.body.revokeTime);
    const nothing = await revoke("key_nothing");
    expect([nothing.status, reasonIn(nothing)]).toEqual([404, "API_KEY_NOT_FOUND"]);
  });

  test("at its time", async () => {
    const expireTime = new Date(Date.now() + 1_000).toISOString();
    const { key } = (await make({ name: "Short", role: "ROLE_VIEWER", expireTime })).body;
    expect((await callerWith(key)).status).toBe(200);
    await waitFor(async () => (await callerWith(key)).status === 401);
  });
});

test("the minute of its last use is recorded", async () => {
  const { id, key } = (await make({ name: "Used", role: "ROLE_VIEWER" })).body;
  const find = async () => {
    const { body } = await shop.rest("GET", "/v1/apiKeys", { staff: shop.staff });
    return body.apiKeys.find((each: { id: string }) => each.id === id);
  };
  expect((await find()).useTime).toBeUndefined();
  await callerWith(key);
  await waitFor(async () => (await find()).useTime !== undefined);
  expect((await find()).useTime).toMatch(/:00Z$/);
});

describe("a service that is called directly, in a process without the gateway", () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "rowlock-direct-"));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  async function openCatalog(env: Record<string, string>) {
    const config = readConfig({
      args: ["catalog"],
      env: {
        PORT: "0",
        GRPC_PORT: "0",
        DATABASE_URL: shop.databaseUrl,
        ROWLOCK_DATA_DIR: dataDir,
        ROWLOCK_STAFF_KEY: testStaffKey,
        ROWLOCK_SERVICE_KEY: testServiceKey,
        ROWLOCK_POOL_SIZE: "2",
        ROWLOCK_DEMO: "false",
        ...env,
      },
    });
    const catalog = await startShop({ config, log: createLog({ level: "fatal" }) });
    const transport = createGrpcTransport({ address: catalog.grpcAddress, services: [CatalogService] });
    return {
      archived: (headers: Record<string, string>) =>
        createClient(CatalogService, transport)
          .listProducts({ archived: true }, { headers })
          .then(() => "passes", reasonOf),
      [Symbol.asyncDispose]: async () => {
        transport[Symbol.dispose]();
        await catalog[Symbol.asyncDispose]();
      },
    };
  }

  test("asks the gateway whose a key or session is, and hears of a revocation within seconds", async () => {
    await using catalog = await openCatalog({ ROWLOCK_GATEWAY_ADDR: shop.grpcAddress });
    const { id, key } = (await make({ name: "Direct", role: "ROLE_VIEWER", areas: ["catalog"] })).body;
    const other = (await make({ name: "Orders", role: "ROLE_EDITOR", areas: ["order"] })).body;
    const customer = (await signUp(newVisitor(shop.httpUrl), "direct@example.com")).body.token;
    expect(await catalog.archived({ authorization: `Bearer ${key}` })).toBe("passes");
    expect(await catalog.archived({ "x-api-key": testStaffKey })).toBe("passes");
    expect(await catalog.archived({ "x-api-key": other.key })).toBe("STAFF_ONLY");
    expect(await catalog.archived({ authorization: `Bearer ${customer}` })).toBe("STAFF_ONLY");
    expect(await catalog.archived({ "x-api-key": "rlk_nobody" })).toBe("INVALID_CREDENTIALS");
    expect(await catalog.archived({ "x-api-key": "x".repeat(5_000) })).toBe("INVALID_CREDENTIALS");
    await shop.rest("POST", `/v1/apiKeys/${id}:revoke`, { staff: shop.staff });
    await waitFor(
      async () => (await catalog.archived({ authorization: `Bearer ${key}` })) === "INVALID_CREDENTIALS",
    );
  }, 30_000);

  test("knows the configured key alone without its address", async () => {
    await using catalog = await openCatalog({});
    const { key } = (await make({ name: "Unknown there", role: "ROLE_ADMIN" })).body;
    expect(await catalog.archived({ authorization: `Bearer ${testStaffKey}` })).toBe("passes");
    expect(await catalog.archived({ authorization: `Bearer ${key}` })).toBe("INVALID_CREDENTIALS");
  }, 30_000);

  test("says that it cannot tell when the gateway is away", async () => {
    await using catalog = await openCatalog({ ROWLOCK_GATEWAY_ADDR: "127.0.0.1:1" });
    expect(await catalog.archived({ "x-api-key": "rlk_some-key" })).toBe("CREDENTIALS_UNCHECKED");
    expect(await catalog.archived({ "x-api-key": testStaffKey })).toBe("passes");
  }, 30_000);
});

test("Authenticate is for services alone", async () => {
  const transport = createGrpcTransport({ address: shop.grpcAddress, services: [AuthService] });
  const auth = createClient(AuthService, transport);
  const headers = { "x-api-key": testStaffKey };
  expect(await auth.authenticate({ credential: testStaffKey }, { headers }).catch(reasonOf)).toBe(
    "PERMISSION_DENIED",
  );
  transport[Symbol.dispose]();
});
