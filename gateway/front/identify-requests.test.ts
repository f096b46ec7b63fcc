import type { IncomingHttpHeaders } from "node:http";
import { expect, test } from "vitest";
import { serveThrough } from "./testing/serve.ts";
import { visitOf } from "./visit.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

async function call(headers: Record<string, string>) {
  let seen: IncomingHttpHeaders = {};
  let known: { requestId: string; traceId: string; address: string } | undefined;
  await using served = await serveThrough([], (request, response) => {
    seen = { ...request.headers };
    known = visitOf(request);
    response.end();
  });
  const response = await fetch(served.url, { headers });
  return { seen, known, told: response.headers.get("x-request-id") };
}

test("a usable request id is kept, told, and handed on", async () => {
  const { seen, known, told } = await call({ "x-request-id": "order-7:a" });
  expect([seen["x-request-id"], known?.requestId, told]).toEqual(["order-7:a", "order-7:a", "order-7:a"]);
});

test.each([
  ["none", {}],
  ["one that would break a log line", { "x-request-id": "a b" }],
  ["one of a kilobyte", { "x-request-id": "a".repeat(1024) }],
])("in place of %s a new one is made", async (_what, headers) => {
  const { seen, told } = await call(headers as Record<string, string>);
  expect(told).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen["x-request-id"]).toBe(told);
});

test("a valid trace is continued, by a new hop", async () => {
  const { seen, known } = await call({ traceparent, tracestate: "a=1" });
  expect(known?.traceId).toBe(traceId);
  expect(seen["traceparent"]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(seen["traceparent"]).not.toBe(traceparent);
  expect(seen["tracestate"]).toBe("a=1");
});

test("in place of an invalid trace a new one begins, without the state of the old", async () => {
  const { seen, known } = await call({ traceparent: traceparent.toUpperCase(), tracestate: "a=1" });
  expect(known?.traceId).not.toBe(traceId);
  expect(seen["traceparent"]).toContain(known?.traceId);
  expect(seen["tracestate"]).toBeUndefined();
});

test("what a client says of its own address is not handed on", async () => {
  const { seen, known } = await call({ "x-forwarded-for": "203.0.113.9" });
  expect([known?.address, seen["x-forwarded-for"]]).toEqual(["127.0.0.1", "127.0.0.1"]);
});
