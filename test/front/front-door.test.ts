import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../../cmd/start/config.ts";
import { type Shop, startShop } from "../../cmd/start/shop.ts";
import { createLog } from "../../lib/telemetry/log.ts";
import { emptyDatabase } from "../../lib/testing/postgres.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { createRest, type Rest, reasonIn } from "../support/rest.ts";
import { testServiceKey, testStaffKey } from "../support/shop.ts";

/** A whole shop with small limits behind a proxy, and all that it logs. */
const stack = new AsyncDisposableStack();
const lines: Record<string, unknown>[] = [];
let shop: Shop;
let rest: Rest;

beforeAll(async () => {
  const database = stack.use(await emptyDatabase());
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-front-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const env = {
    PORT: "0",
    GRPC_PORT: "0",
    ROWLOCK_SANDBOX_PORT: "0",
    DATABASE_URL: database.url,
    ROWLOCK_DATA_DIR: dataDir,
    ROWLOCK_STAFF_KEY: testStaffKey,
    ROWLOCK_SERVICE_KEY: testServiceKey,
    ROWLOCK_PUBLIC_URL: "https://shop.example",
    ROWLOCK_RATE_LIMIT: "5",
    ROWLOCK_SIGN_IN_RATE_LIMIT: "2",
    ROWLOCK_TRUSTED_PROXIES: "127.0.0.1",
  };
  const log = createLog({ destination: { write: (line: string) => void lines.push(JSON.parse(line)) } });
  shop = stack.use(await startShop({ config: readConfig({ args: [], env }), log }));
  rest = createRest(shop.httpUrl);
}, 60_000);
afterAll(() => stack.disposeAsync());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(shop.httpUrl + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

test("a guest who asks too often is refused, by REST and Connect together; others are not", async () => {
  const { body: cart } = await rest("POST", "/v1/carts", { body: {} });
  const path = `/v1/carts/${cart.id}`;
  const byConnect = () =>
    post("/rowlock.cart.v1.CartService/GetCart", { cartId: cart.id }, { "rowlock-token": cart.token });
  for (let i = 0; i < 4; i++) expect((await rest("GET", path, { token: cart.token })).status).toBe(200);
  const last = await byConnect();
  expect([last.status, last.headers.get("ratelimit")]).toEqual([
    200,
    expect.stringMatching(/^"buyer";r=0;t=\d+$/),
  ]);
  const refused = await rest("GET", path, { token: cart.token });
  expect([refused.status, reasonIn(refused)]).toEqual([429, "RATE_LIMITED"]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await byConnect()).status).toBe(429);
  expect((await rest("GET", path, { token: "another" })).status).toBe(403);
  for (let i = 0; i < 10; i++) expect((await rest("GET", path, { staff: testStaffKey })).status).toBe(200);
});

test("passwords can be tried at one account from one address only so often", async () => {
  const signIn = async (email: string, address: string) => {
    const headers = { origin: "https://shop.example", "x-forwarded-for": address };
    const form = { email, password: "wrong-password" };
    return (await post("/v1/auth/sign-in/email", form, headers)).status;
  };
  expect(await signIn("ann@example.com", "203.0.113.1")).toBe(401);
  expect(await signIn("ann@example.com", "203.0.113.1")).toBe(401);
  expect(await signIn("ann@example.com", "203.0.113.1")).toBe(429);
  expect(await signIn("ann@example.com", "203.0.113.2")).toBe(401);
  expect(await signIn("bob@example.com", "203.0.113.1")).toBe(401);
});

test.each([
  "/v1/products",
  "/v1/nothing",
  "/docs",
  "/v1/auth/get-session",
  "/rowlock.cart.v1.CartService/GetCart",
])(
  "%s is answered with the headers that keep browsers safe, and says nothing of the server",
  async (path) => {
    const { headers } = await fetch(shop.httpUrl + path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect([headers.get("server"), headers.get("x-powered-by")]).toEqual([null, null]);
  },
);

test("each request is one line in the log, by its route, and without its secrets", async () => {
  lines.length = 0;
  const secrets = { "rowlock-token": "s3cret-1", cookie: "a=s3cret-2", "x-request-id": "log-1" };
  await fetch(`${shop.httpUrl}/v1/carts/s3cret-3?token=s3cret-4`, { headers: secrets });
  await fetch(`${shop.httpUrl}/v1/auth/reset-password/s3cret-5?token=s3cret-6`, { redirect: "manual" });
  await fetch(`${shop.httpUrl}/v1/s3cret-7`);
  await fetch(`${shop.httpUrl}/healthz`);
  const found = () => lines.filter(({ msg }) => msg === "http");
  await waitFor(() => found().length >= 3);
  expect(found()).toMatchObject([
    { method: "GET", route: "/v1/carts/{cart_id}", status: 400, caller: "guest", request_id: "log-1" },
    { route: "/v1/auth/**", caller: "none" },
    { status: 404 },
  ]);
  expect(found()[2]).not.toHaveProperty("route");
  expect(JSON.stringify(lines)).not.toContain("s3cret");
});

test("a trace goes on to the services' own log", async () => {
  lines.length = 0;
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await fetch(`${shop.httpUrl}/v1/products/prod_none`, { headers });
  await waitFor(() => lines.length >= 2);
  expect(lines.map(({ msg, trace_id }) => [msg, trace_id])).toEqual([
    ["rpc", traceId],
    ["http", traceId],
  ]);
  expect(new Set(lines.map(({ request_id }) => request_id)).size).toBe(1);
});

test("requests are counted by route, and refusals by limit", async () => {
  const metrics = await (await fetch(`${shop.httpUrl}/metrics`)).text();
  expect(metrics).toMatch(/rowlock_http_requests_total\{route="\/v1\/carts\/\{cart_id\}",status="4xx"\} \d+/);
  expect(metrics).toMatch(/rowlock_http_requests_total\{route="none",status="4xx"\} \d+/);
  expect(metrics).toContain('rowlock_rate_limited_total{limit="buyer"}');
  expect(metrics).toContain('rowlock_rate_limited_total{limit="account"} 1');
});
