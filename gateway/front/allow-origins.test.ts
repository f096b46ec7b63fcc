import { expect, test } from "vitest";
import { allowOrigins } from "./allow-origins.ts";
import { createOrigins, isOrigin } from "./origins.ts";
import { serveThrough } from "./testing/serve.ts";

async function call(list: readonly string[], init: RequestInit) {
  await using served = await serveThrough([allowOrigins({ origins: createOrigins(list) })]);
  const response = await fetch(served.url, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const shop = "https://shop.example";
const preflight = (origin: string): RequestInit => ({
  method: "OPTIONS",
  headers: {
    origin,
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "rowlock-token",
  },
});

test("a listed origin may read the answer, with cookies, and what is in its headers", async () => {
  const { headers, body } = await call([shop], { headers: { origin: shop } });
  expect(body).toBe("ok");
  expect(headers.get("access-control-allow-origin")).toBe(shop);
  expect(headers.get("access-control-allow-credentials")).toBe("true");
  expect(headers.get("access-control-expose-headers")).toContain("grpc-status-details-bin");
  expect(headers.get("access-control-expose-headers")).toContain("retry-after");
  expect(headers.get("vary")).toBe("origin");
});

test("its preflight is answered here, and remembered", async () => {
  const { status, headers, body } = await call([shop], preflight(shop));
  expect([status, body]).toEqual([204, ""]);
  expect(headers.get("access-control-allow-origin")).toBe(shop);
  expect(headers.get("access-control-allow-methods")).toContain("PATCH");
  for (const name of ["rowlock-token", "connect-protocol-version", "x-grpc-web", "idempotency-key"]) {
    expect(headers.get("access-control-allow-headers")?.toLowerCase().split(", ")).toContain(name);
  }
  expect(Number(headers.get("access-control-max-age"))).toBeGreaterThan(0);
});

test.each([
  ["an origin that is not listed", [shop], "https://evil.example"],
  ["another scheme", [shop], "http://shop.example"],
  ["another port", [shop], "https://shop.example:8443"],
  ["an origin that only begins so", [shop], "https://shop.example.evil.example"],
  ["no origin at all, as sandboxed pages say", [shop], "null"],
  ["an empty list", [], shop],
])("%s gets no such header", async (_why, list, origin) => {
  for (const init of [{ headers: { origin } }, preflight(origin)]) {
    const { headers } = await call(list, init);
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(headers.get("vary")).toBe(list.length === 0 ? null : "origin");
  }
});

test("any origin may read, but without cookies", async () => {
  for (const init of [{ headers: { origin: shop } }, preflight(shop)]) {
    const { headers } = await call(["*"], init);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  }
});

test("OPTIONS that is no preflight goes on", async () => {
  const { body } = await call([shop], { method: "OPTIONS", headers: { origin: shop } });
  expect(body).toBe("ok");
});

test.each([
  ["http://localhost:*", "http://localhost:5173", true],
  ["http://localhost:*", "http://localhost", true],
  ["http://localhost:*", "https://localhost:5173", false],
  ["http://localhost:*", "http://localhost:5173.evil.example", false],
  ["http://localhost:*", "http://localhost.evil.example:80", false],
])("%s: %s is %s", (entry, origin, want) => {
  expect(createOrigins([entry]).includes(origin)).toBe(want);
});

test.each(["*", shop, "http://localhost:5173", "http://127.0.0.1:*"])("%s is an origin", (text) => {
  expect(isOrigin(text)).toBe(true);
});

test.each(["shop.example", "https://shop.example/", "https://*.example", "ftp://shop.example", "null", ""])(
  "%s is none",
  (text) => {
    expect(isOrigin(text)).toBe(false);
    expect(() => createOrigins([text])).toThrow(RangeError);
  },
);
