import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CartService } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { createOpenApi } from "../openapi/index.ts";
import { createDocs } from "./index.ts";

let made = 0;
const errors: unknown[] = [];
const docs = createDocs({
  document: () => {
    made++;
    return createOpenApi({
      services: [CartService],
      comments: { "rowlock.cart.v1.CartService": "Carts <b>of</b> buyers. More." },
      info: { title: "Test & try", version: "1.2.3" },
      servers: [{ url: "/" }, { url: "https://api.shop.test/base" }],
      reasons: { common: {}, services: {} },
    });
  },
});
const broken = createDocs({
  document: () => {
    throw new Error("no contracts");
  },
  onError: (err) => errors.push(err),
});

const servers: Server[] = [];
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let url: string;
let brokenUrl: string;
beforeAll(async () => {
  url = await listen((req, res) => void (docs(req, res) || res.writeHead(404).end("elsewhere")));
  brokenUrl = await listen((req, res) => void (broken(req, res) || res.writeHead(404).end()));
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fetch(url + path, { method, headers, redirect: "manual" });

test.each([
  ["/docs", "text/html; charset=utf-8"],
  ["/docs?from=mail", "text/html; charset=utf-8"],
  ["/docs/templates", "text/html; charset=utf-8"],
  ["/openapi.json", "application/json"],
  ["/docs/assets/templates.js", "text/javascript"],
  ["/docs/assets/templates.css", "text/css"],
  ["/docs/assets/swagger-ui-bundle.js", "text/javascript"],
  ["/docs/assets/swagger-ui.css", "text/css"],
  ["/docs/assets/favicon-32x32.png", "image/png"],
  ["/docs/assets/docs.js", "text/javascript"],
  ["/docs/assets/docs.css", "text/css"],
])("%s is %s, plain and as gzip, with an ETag", async (path, type) => {
  const plain = await get(path, { "accept-encoding": "identity" });
  expect([plain.status, plain.headers.get("content-type")]).toEqual([200, type]);
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.headers.get("cache-control")).toBe("public, no-cache");
  const zipped = await get(path, { "accept-encoding": "br, gzip" });
  expect(zipped.headers.get("content-encoding")).toBe("gzip");
  expect(await zipped.text()).toBe(await plain.text());
  const known = await get(path, { "if-none-match": `"other", W/${plain.headers.get("etag")}` });
  expect([known.status, await known.text()]).toEqual([304, ""]);
});

test.each([
  ["/", "/docs"],
  ["/docs/", "/docs"],
])("%s leads to %s", async (path, location) => {
  const answer = await get(path);
  expect([answer.status, answer.headers.get("location")]).toEqual([302, location]);
});

test.each([
  "/docs/assets/../index.ts",
  "/docs/assets/index.ts",
  "/docs/assets/constructor",
  "/docsx",
  "/v1/carts",
])("%s is for somebody else", async (path) => {
  expect(await (await get(path)).text()).toBe("elsewhere");
});

test("HEAD has the headers alone, other methods are refused", async () => {
  const head = await get("/openapi.json", {}, "HEAD");
  expect([head.status, await head.text()]).toEqual([200, ""]);
  expect(Number(head.headers.get("content-length"))).toBeGreaterThan(100);
  const posted = await get("/openapi.json", {}, "POST");
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test.each(["gzip;q=0", "gzip; q=0.0, br", "identity"])(
  "who sends accept-encoding: %s gets no gzip",
  async (accepted) => {
    expect((await get("/docs", { "accept-encoding": accepted })).headers.get("content-encoding")).toBeNull();
  },
);

describe("the page", () => {
  test("loads nothing from elsewhere, calls the document's servers alone, and is in no frame", async () => {
    const page = await get("/docs");
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; ");
    expect(policy).toContain("connect-src 'self' https://api.shop.test;");
    expect(policy).toContain("frame-ancestors 'none'");
    const html = await page.text();
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });

  test("has the name, the version and a link to each service with what it is for", async () => {
    const html = await (await get("/docs")).text();
    expect(html).toContain("<h1>Test &amp; try API <small>1.2.3</small></h1>");
    expect(html).toContain(
      '<a href="#/Cart"><b>Cart</b> <i>10</i><span>Carts &lt;b&gt;of&lt;/b&gt; buyers.</span></a>',
    );
  });
});

test("the document is made once, and may be read by pages of others", async () => {
  const answers = await Promise.all([get("/openapi.json"), get("/openapi.json"), get("/docs")]);
  expect(answers[0]?.headers.get("access-control-allow-origin")).toBe("*");
  expect(await answers[1]?.json()).toMatchObject({ openapi: "3.1.1", info: { title: "Test & try" } });
  expect(made).toBe(1);
});

test("what cannot be made is a bare 500, and told", async () => {
  const answer = await fetch(`${brokenUrl}/openapi.json`);
  expect([answer.status, await answer.text()]).toEqual([500, ""]);
  expect(errors).toEqual([new Error("no contracts")]);
});
