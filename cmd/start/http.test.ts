import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConnectHandler } from "../../lib/rpc/connect-routes.ts";
import { createEchoService } from "../../lib/rpc/testing/echo-service.ts";
import { testInterceptors } from "../../lib/rpc/testing/interceptors.ts";
import { waitFor } from "../../lib/testing/wait-for.ts";
import { type HttpLimits, type HttpServer, serveHttp } from "./http.ts";
import { answerStarting } from "./http-refusals.ts";

/** What reached the handler, as `POST /path body`. */
const reached: string[] = [];
const listener: RequestListener = (request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    reached.push(`${request.method} ${request.url} ${body}`.trim());
    response.end("handled");
  });
};

async function start(handler: RequestListener, limits: Partial<HttpLimits> = {}): Promise<HttpServer> {
  const isReady = () => true;
  return serveHttp({ host: "127.0.0.1", port: 0, isReady, metrics: async () => "m 1\n", handler, limits });
}

/** A connection that keeps what comes back. */
function open(port: number): { socket: Socket; answer: () => string; closed: Promise<void> } {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  return { socket, answer: () => received, closed };
}

/** What comes back on a connection until the server closes it. */
async function send(port: number, bytes: string): Promise<string> {
  const { socket, answer, closed } = open(port);
  socket.write(bytes, "latin1");
  await closed;
  return answer();
}

/** Status and reason of the one answer that is there, in the gateway's shape. */
function refusalIn(answer: string): [number, string] {
  const [head = "", body = "", ...more] = answer.split("\r\n\r\n");
  expect(more).toEqual([]);
  expect(head.toLowerCase()).toContain("content-type: application/json");
  expect(head.toLowerCase()).toContain("connection: close");
  expect(head.toLowerCase()).toContain(`content-length: ${body.length}`);
  const { error } = JSON.parse(body);
  const status = Number(head.split(" ")[1]);
  expect(error.code).toBe(status);
  return [status, error.details[0].reason];
}

const host = "Host: x\r\n";
const many = (count: number) => Array.from({ length: count }, (_, i) => `h${i}: 1\r\n`).join("");

describe("what is no request that can be served", () => {
  let server: HttpServer;
  beforeAll(async () => {
    server = await start(listener);
  });
  afterAll(() => server.drain(0));

  test.each<[string, string, number, string]>([
    ["garbage", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, "MALFORMED_HTTP"],
    ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "MALFORMED_HTTP"],
    ["a version there is not", `GET / HTTP/9.9\r\n${host}\r\n`, 400, "MALFORMED_HTTP"],
    ["a method there is not", `FROB / HTTP/1.1\r\n${host}\r\n`, 400, "MALFORMED_HTTP"],
    ["a giant header", `GET / HTTP/1.1\r\n${host}x: ${"x".repeat(20_000)}\r\n\r\n`, 431, "HEADERS_TOO_LARGE"],
    ["a giant path", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 431, "HEADERS_TOO_LARGE"],
    ["very many headers", `GET / HTTP/1.1\r\n${host}${many(150)}\r\n`, 431, "HEADERS_TOO_LARGE"],
    ["no host", "GET / HTTP/1.1\r\n\r\n", 400, "MALFORMED_HTTP"],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: [x\r\n\r\n", 400, "MALFORMED_HTTP"],
    ["a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "MALFORMED_HTTP"],
    ["a NUL in a header", `GET / HTTP/1.1\r\n${host}a: b\0c\r\n\r\n`, 400, "MALFORMED_HTTP"],
    ["a folded header", `GET / HTTP/1.1\r\n${host}a: b\r\n c: d\r\n\r\n`, 400, "MALFORMED_HTTP"],
    [
      "an upgrade to WebSocket",
      `GET / HTTP/1.1\r\n${host}Connection: upgrade\r\nUpgrade: WebSocket\r\n\r\n`,
      501,
      "UPGRADE_REFUSED",
    ],
    // Requests that two parsers may divide differently: a second one could be hidden in them.
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\n${host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
      400,
      "MALFORMED_HTTP",
    ],
    [
      "two lengths",
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
      "MALFORMED_HTTP",
    ],
    ["a length with a sign", `POST / HTTP/1.1\r\n${host}Content-Length: +1\r\n\r\na`, 400, "MALFORMED_HTTP"],
    ["a list of lengths", `POST / HTTP/1.1\r\n${host}Content-Length: 1, 1\r\n\r\na`, 400, "MALFORMED_HTTP"],
    [
      "chunks that are something else last",
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      400,
      "MALFORMED_HTTP",
    ],
    [
      "a space before the colon",
      `POST / HTTP/1.1\r\n${host}Content-Length : 1\r\n\r\na`,
      400,
      "MALFORMED_HTTP",
    ],
    [
      "a chunk that is none",
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      "MALFORMED_HTTP",
    ],
  ])("%s is refused, and the connection closed", async (_what, bytes, status, reason) => {
    reached.length = 0;
    expect(refusalIn(await send(server.port, bytes))).toEqual([status, reason]);
    expect(reached).toEqual([]);
  });

  test("an offer to go on in HTTP/2 is passed over", async () => {
    const headers = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    const { socket, answer } = open(server.port);
    socket.write(`GET /a HTTP/1.1\r\n${host}${headers}\r\n`);
    await waitFor(() => answer().includes("handled"));
    expect(answer()).toMatch(/^HTTP\/1\.1 200/);
    socket.destroy();
  });

  test.each(["", "Host: shop.example\r\n", "Host: [::1]:80\r\n"])(
    "an RPC by HTTP/1.0 with %j is answered",
    async (host) => {
      const rpc = createConnectHandler({ services: [createEchoService()], interceptors: testInterceptors });
      const rpcServer = await start(rpc);
      const headers = `${host}Content-Type: application/json\r\nContent-Length: 15\r\n`;
      const path = "/rowlock.testing.v1.EchoService/Echo";
      expect(await send(rpcServer.port, `POST ${path} HTTP/1.0\r\n${headers}\r\n{"text":"back"}`)).toContain(
        '"back"',
      );
      await rpcServer.drain(0);
    },
  );

  test("what follows a good request is refused by itself", async () => {
    const answer = await send(server.port, `GET /a HTTP/1.1\r\n${host}\r\nGARBAGE\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400)/);
    expect(answer).toContain("MALFORMED_HTTP");
  });

  test("the process answers for itself", async () => {
    const url = `http://127.0.0.1:${server.port}`;
    const texts = ["/healthz", "/readyz", "/metrics"].map(async (path) => (await fetch(url + path)).text());
    expect(await Promise.all(texts)).toEqual(["ok\n", "ready\n", "m 1\n"]);
  });
});

describe("slow clients", () => {
  const fast: Partial<HttpLimits> = { headersTimeoutMs: 60, requestTimeoutMs: 60, stallTimeoutMs: 60 };

  test.each([
    ["headers that never end", `GET / HTTP/1.1\r\n${host}`],
    ["a body that never ends", `POST / HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\na`],
  ])("%s: 408, and the connection is closed", async (_what, bytes) => {
    const server = await start(listener, fast);
    expect(refusalIn(await send(server.port, bytes))).toEqual([408, "REQUEST_TIMEOUT"]);
    await server.drain(0);
  });

  test("a connection on which nothing is asked is closed", async () => {
    const server = await start(listener, { ...fast, keepAliveMs: 30 });
    const { socket, answer, closed } = open(server.port);
    socket.write(`GET /a HTTP/1.1\r\n${host}\r\n`);
    await closed;
    expect(answer()).toContain("handled");
    await server.drain(0);
  });

  test("a client that takes nothing of its answer loses it", async () => {
    let ended = false;
    const server = await start((_request, response) => {
      response.on("close", () => (ended = true));
      const fill = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      };
      response.on("drain", fill);
      fill();
    }, fast);
    const { socket, closed } = open(server.port);
    socket.pause();
    socket.write(`GET / HTTP/1.1\r\n${host}\r\n`);
    await waitFor(() => ended);
    socket.resume();
    await closed;
    expect(socket.readableAborted || socket.destroyed).toBe(true);
    await server.drain(0);
  });

  test("a stream that is silent for longer is not taken for that", async () => {
    let finish = (): void => {};
    const server = await start((_request, response) => {
      response.write("first ");
      finish = () => void response.end("last");
    }, fast);
    const { socket, answer } = open(server.port);
    socket.write(`GET / HTTP/1.1\r\n${host}\r\n`);
    await waitFor(() => answer().includes("first"));
    // Another connection, opened later, is closed for being idle: the time for this one is over, too.
    expect(refusalIn(await send(server.port, "GET / HT"))).toEqual([408, "REQUEST_TIMEOUT"]);
    finish();
    await waitFor(() => answer().includes("last"));
    socket.destroy();
    await server.drain(0);
  });
});

test("connections beyond the limit are closed as they come", async () => {
  const server = await start(listener, { maxConnections: 1 });
  const first = open(server.port);
  first.socket.write(`GET /a HTTP/1.1\r\n${host}\r\n`);
  await waitFor(() => first.answer().includes("handled"));
  const second = open(server.port);
  await second.closed;
  expect(second.answer()).toBe("");
  first.socket.destroy();
  await server.drain(0);
});

test("as long as the process is starting, everything is 503 and to be tried again", async () => {
  const server = await start(answerStarting);
  const response = await fetch(`http://127.0.0.1:${server.port}/v1/webhooks/stripe`, {
    method: "POST",
    body: "{}",
  });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await response.json()).toMatchObject({
    error: { code: 503, status: "UNAVAILABLE", details: [{ reason: "STARTING" }, { retryDelay: "1s" }] },
  });
  await server.drain(0);
});
