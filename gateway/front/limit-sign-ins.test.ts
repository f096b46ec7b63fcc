import { request as send } from "node:http";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { limitAddresses } from "./limit-addresses.ts";
import { limitSignIns } from "./limit-sign-ins.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { refuseAsRest, type Served, serveThrough } from "./testing/serve.ts";

/** Answers with the body it was sent. */
function serveEcho({ accounts = 2, addresses = 100 } = {}): Promise<Served> {
  const limits = {
    accounts: createRateLimiter({ name: "account", perMinute: accounts }),
    addresses: createRateLimiter({ name: "sign-in", perMinute: addresses }),
  };
  return serveThrough([limitSignIns({ ...limits, refuse: refuseAsRest })], (request, response) => {
    void text(request).then((body) => response.writeHead(200).end(body));
  });
}

const path = "/v1/auth/sign-in/email";
const json = { "content-type": "application/json" };
const form = (email: string, filler = "") => JSON.stringify({ email, password: "x", filler });

async function post(url: string, body: string, headers: Record<string, string> = json) {
  const response = await fetch(url + path, { method: "POST", headers, body });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** Sends a body in pieces of which the last comes when the ones before have long been read. */
async function postChunks(url: string, chunks: readonly string[]): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = send(url + path, { method: "POST", headers: json }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on("error", reject);
    request.flushHeaders();
    const rest = [...chunks];
    const next = () => {
      const chunk = rest.shift();
      if (chunk === undefined) request.end();
      else request.write(chunk, () => setImmediate(next));
    };
    next();
  });
}

test("the account is limited however its address is written, and other accounts are not", async () => {
  await using served = await serveEcho();
  expect((await post(served.url, form("ann@example.com"))).body).toBe(form("ann@example.com"));
  expect((await post(served.url, form(" ANN@example.com "))).status).toBe(200);
  const refused = await post(served.url, form("Ann@Example.com"));
  expect(refused.status).toBe(429);
  expect(JSON.parse(refused.body).error).toMatchObject({
    status: "RESOURCE_EXHAUSTED",
    details: [{ reason: "RATE_LIMITED" }, { retryDelay: expect.stringMatching(/^\d+s$/) }],
  });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await post(served.url, form("bob@example.com"))).status).toBe(200);
});

test.each([
  ["in one piece", [form("ann@example.com")]],
  ["in pieces", [form("ann@example.com").slice(0, 7), form("ann@example.com").slice(7)]],
  ["over many packets", [form("ann@example.com", "x".repeat(30_000)), " ".repeat(30_000)]],
])("a form without a length, %s, is read and handed on whole", async (_how, chunks) => {
  await using served = await serveEcho({ accounts: 1 });
  expect(await postChunks(served.url, chunks)).toEqual({ status: 200, body: chunks.join("") });
  expect((await postChunks(served.url, chunks)).status).toBe(429);
});

test("a form in the old encoding counts, too", async () => {
  await using served = await serveEcho({ accounts: 1 });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  expect((await post(served.url, "email=ann%40example.com", headers)).status).toBe(200);
  expect((await post(served.url, form("ann@example.com"))).status).toBe(429);
});

test("one address tries only so many accounts", async () => {
  await using served = await serveEcho({ addresses: 2 });
  const tries = [1, 2, 3].map((n) => post(served.url, form(`${n}@example.com`)));
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
});

test("a form that is too large is refused, with a length and without", async () => {
  await using served = await serveEcho();
  const large = form("ann@example.com", "x".repeat(70_000));
  expect((await post(served.url, large)).status).toBe(413);
  expect((await postChunks(served.url, [large])).status).toBe(413);
});

test.each([
  ["nothing at all", ""],
  ["no JSON", "{"],
  ["no account", "{}"],
  ["an account that is no text", '{"email":{"a":1}}'],
  ["null", "null"],
])("%s goes on, for others to refuse", async (_what, body) => {
  await using served = await serveEcho();
  expect(await post(served.url, body)).toMatchObject({ status: 200, body });
});

test("an empty body in chunks is refused: nobody could read it again", async () => {
  await using served = await serveEcho();
  expect((await postChunks(served.url, [])).status).toBe(400);
});

test("an address has a budget for everything", async () => {
  const limiter = createRateLimiter({ name: "address", perMinute: 2 });
  await using served = await serveThrough([limitAddresses({ limiter, refuse: refuseAsRest })]);
  const answers = [await fetch(served.url), await fetch(served.url), await fetch(served.url)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(answers[0]?.headers.get("ratelimit")).toBeNull();
  expect(answers[2]?.headers.get("ratelimit-policy")).toBe('"address";q=2;w=60');
});
