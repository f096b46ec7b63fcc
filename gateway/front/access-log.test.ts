import { request as send } from "node:http";
import { expect, test } from "vitest";
import { createLog } from "../../lib/telemetry/log.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { logAccess, type ObserveRequest } from "./access-log.ts";
import { answerOk, serveThrough } from "./testing/serve.ts";
import { visitOf } from "./visit.ts";

type Line = Record<string, unknown>;

async function run(listener: Parameters<typeof serveThrough>[1], call: (url: string) => Promise<unknown>) {
  const lines: Line[] = [];
  const observed: Parameters<ObserveRequest>[0][] = [];
  const log = createLog({ destination: { write: (line: string) => void lines.push(JSON.parse(line)) } });
  await using served = await serveThrough(
    [logAccess({ log, observe: (one) => observed.push(one) })],
    listener,
  );
  await call(served.url);
  await waitFor(() => lines.length > 0);
  return { lines, observed };
}

test("one line says what was called and how it was answered, and holds no secret", async () => {
  const secrets = {
    authorization: "Bearer s3cret",
    cookie: "session=s3cret",
    "rowlock-token": "s3cret",
    "x-api-key": "s3cret",
  };
  const { lines, observed } = await run(
    (request, response) => {
      visitOf(request).route = "/v1/orders/{order_id}";
      visitOf(request).caller = "guest";
      answerOk(request, response);
    },
    async (url) => (await fetch(`${url}/v1/orders/s3cret?token=s3cret`, { headers: secrets })).text(),
  );
  expect(lines).toEqual([
    {
      level: "info",
      time: expect.any(String),
      msg: "http",
      method: "GET",
      route: "/v1/orders/{order_id}",
      status: 200,
      ms: expect.any(Number),
      bytes: expect.any(Number),
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      caller: "guest",
    },
  ]);
  expect(lines[0]?.["bytes"]).toBeGreaterThan(20);
  expect(JSON.stringify(lines)).not.toContain("s3cret");
  expect(observed).toEqual([{ route: "/v1/orders/{order_id}", status: 200 }]);
});

test.each([
  [404, "info"],
  [503, "error"],
])("an answer of %i is logged as %s", async (status, level) => {
  const { lines } = await run(
    (_request, response) => response.writeHead(status).end(),
    (url) => fetch(url),
  );
  expect(lines).toMatchObject([{ status, level }]);
});

test("a client that leaves before its answer is 499", async () => {
  const { lines } = await run(
    () => {},
    (url) =>
      new Promise((resolve) => {
        const request = send(url, { method: "POST", headers: { "content-length": "10" } });
        request.on("error", resolve);
        request.write("a", () => setImmediate(() => request.destroy(new Error("gone"))));
      }),
  );
  expect(lines).toMatchObject([{ status: 499, aborted: true }]);
});
