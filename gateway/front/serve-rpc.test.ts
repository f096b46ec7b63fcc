import { create, createRegistry } from "@bufbuild/protobuf";
import { anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ErrorInfoSchema, file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { createGrpcServer, type GrpcServer } from "../../lib/rpc/grpc-server.ts";
import { createGrpcTransport, type GrpcTransport } from "../../lib/rpc/grpc-transport.ts";
import { createDirectTransport } from "../../lib/rpc/index.ts";
import { all, failureOf, stream } from "../../lib/rpc/testing/calls.ts";
import { createEchoService } from "../../lib/rpc/testing/echo-service.ts";
import {
  testAuthenticator,
  testInterceptors,
  testSigner,
  testStaffKey,
} from "../../lib/rpc/testing/interceptors.ts";
import { freePort } from "../../lib/testing/free-port.ts";
import { type Admit, createAdmission } from "./admission.ts";
import { createRateLimiter } from "./rate-limiter.ts";
import { createRefuse } from "./refuse.ts";
import { serveRpc } from "./serve-rpc.ts";
import { type Served, serveThrough } from "./testing/serve.ts";

const seen: { headers: Headers | undefined; aborted: unknown } = { headers: undefined, aborted: undefined };
const errors: unknown[] = [];

const echo = createEchoService();
const services = [
  createEchoService({
    echo: (request, ctx) => {
      seen.headers = ctx.requestHeader;
      ctx.signal.addEventListener("abort", () => (seen.aborted = ctx.signal.reason));
      return echo.impl.echo(request, ctx);
    },
    repeat: (request, ctx) => {
      ctx.signal.addEventListener("abort", () => (seen.aborted = ctx.signal.reason));
      return echo.impl.repeat(request, ctx);
    },
  }),
];

function proxy(transport: Transport, admit: Admit): Promise<Served> {
  const rpc = serveRpc({
    services: [EchoService],
    transport,
    forwardHeaders: ["traceparent", "x-echo-a"],
    admit,
    refuse: createRefuse({ isRpc: () => true }),
    onError: ({ error }) => void errors.push(error),
  });
  return serveThrough([], rpc);
}

const admission = (perMinute = 0) =>
  createAdmission({
    authenticator: testAuthenticator,
    buyers: createRateLimiter({ name: "buyer", perMinute }),
    keys: createRateLimiter({ name: "key", perMinute }),
  });

const jsonOptions = { registry: createRegistry(file_google_rpc_error_details) };

const clientsOf = (baseUrl: string) => ({
  connect: createClient(EchoService, createConnectTransport({ baseUrl, httpVersion: "1.1" })),
  "connect in JSON": createClient(
    EchoService,
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, jsonOptions }),
  ),
  "connect by GET": createClient(
    EchoService,
    createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
  ),
  "gRPC-Web": createClient(EchoService, createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })),
  "gRPC-Web in JSON": createClient(
    EchoService,
    createGrpcWebTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, jsonOptions }),
  ),
});
type Clients = ReturnType<typeof clientsOf>;
const protocols = ["connect", "connect in JSON", "connect by GET", "gRPC-Web", "gRPC-Web in JSON"] as const;

let grpcServer: GrpcServer;
let remote: GrpcTransport;
const served: Record<string, Served> = {};
const clients: Record<string, Clients> = {};

beforeAll(async () => {
  grpcServer = await createGrpcServer({
    services,
    interceptors: testInterceptors,
    address: "127.0.0.1:0",
    log: pino({ level: "silent" }),
  });
  remote = createGrpcTransport({
    address: `127.0.0.1:${grpcServer.port}`,
    services: [EchoService],
    signer: testSigner,
  });
  served["here"] = await proxy(
    createDirectTransport({ services, interceptors: testInterceptors }),
    admission(),
  );
  served["in another process"] = await proxy(remote, admission());
  for (const [where, { url }] of Object.entries(served)) clients[where] = clientsOf(url);
});
afterAll(async () => {
  for (const one of Object.values(served)) await one[Symbol.asyncDispose]();
  remote[Symbol.dispose]();
  await grpcServer.drain({ graceMs: 0 });
});
beforeEach(() => {
  seen.headers = undefined;
  seen.aborted = undefined;
});

describe.each(["here", "in another process"])("a service %s", (where) => {
  describe.each(protocols)("over %s", (protocol) => {
    const client = () => (clients[where] as Clients)[protocol];
    const detail = create(ErrorInfoSchema, { reason: "GONE", domain: "rowlock.dev", metadata: { sku: "A" } });
    const error = { code: 5, message: "nothing there", details: [anyPack(ErrorInfoSchema, detail)] };

    test("answers a call, with headers and trailers", async () => {
      const told: Record<string, string | null> = {};
      const answer = await client().echo(
        { text: "héllo" },
        {
          headers: { "x-echo-a": "1", "x-echo-not-listed": "1" },
          onHeader: (header) => (told["header"] = header.get("x-echo-a")),
          onTrailer: (trailer) => (told["trailer"] = trailer.get("x-echo-a-trailer")),
        },
      );
      expect(answer.text).toBe("héllo");
      expect(told).toEqual({ header: "1", trailer: "1" });
      expect(seen.headers?.get("x-echo-not-listed")).toBeNull();
      expect(seen.headers?.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(seen.headers?.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-/);
    });

    test("answers a stream, and ends it with an error that has its details", async () => {
      expect((await all(client().repeat({ text: "x", count: 3 }))).map(({ text }) => text)).toEqual([
        "x",
        "x",
        "x",
      ]);
      const got: string[] = [];
      const err = await failureOf(
        (async () => {
          for await (const { text } of client().repeat({ text: "x", count: 2, error })) got.push(text);
        })(),
      );
      expect(got).toEqual(["x", "x"]);
      expect(err.rawMessage).toBe("nothing there");
      expect(err.findDetails(ErrorInfoSchema)[0]?.metadata).toEqual({ sku: "A" });
    });

    test("passes an error on whole", async () => {
      const err = await failureOf(client().echo({ error }));
      expect([err.code, err.rawMessage, reasonOf(err)]).toEqual([5, "nothing there", "GONE"]);
    });

    test("passes the deadline on", async () => {
      const { remainingMs } = await client().echo({ text: "x" }, { timeoutMs: 5_000 });
      expect(Number(remainingMs)).toBeGreaterThan(3_000);
      expect(Number(remainingMs)).toBeLessThanOrEqual(5_000);
      const err = await failureOf(
        client().echo({ text: "x", delay: durationFromMs(60_000) }, { timeoutMs: 300 }),
      );
      expect(err.code).toBe(4);
    });

    test("passes a cancellation on", async () => {
      const controller = new AbortController();
      const messages = client().repeat(
        { text: "x", count: 2, delay: durationFromMs(1) },
        { signal: controller.signal },
      );
      const pending = failureOf(
        all(
          client().repeat(
            { text: "x", count: 10_000, delay: durationFromMs(20) },
            { signal: controller.signal },
          ),
        ),
      );
      for await (const _ of messages);
      controller.abort();
      expect((await pending).code).toBe(1);
      await vi.waitFor(() => expect(seen.aborted).toBeDefined());
    });

    test("knows the caller from the credential, which goes no further", async () => {
      const { caller } = await client().echoCustomer({}, { headers: { "rowlock-token": "secret" } });
      expect(caller).toMatch(/^guest:[0-9a-f]{64}$/);
      const staff = await client().echoStaff({}, { headers: { authorization: `Bearer ${testStaffKey}` } });
      expect(staff.caller).toBe("staff:test");
      await client().echo({ text: "x" }, { headers: { "rowlock-token": "secret" } });
      for (const name of ["authorization", "rowlock-token", "x-api-key"])
        expect(seen.headers?.get(name)).toBeNull();
    });

    test.each([
      ["no credential", {}, "UNAUTHENTICATED"],
      ["a guest's", { "rowlock-token": "t" }, "PERMISSION_DENIED"],
      ["a key in letters that no key has", { "x-api-key": "caf\u00e9" }, "INVALID_ARGUMENT"],
      ["a wrong key", { "x-api-key": "wrong" }, "INVALID_CREDENTIALS"],
      ["a principal of its own making", { "rowlock-principal": testSignature }, "UNAUTHENTICATED"],
    ])("refuses %s for staff's methods", async (_what, headers, reason) => {
      expect(reasonOf(await failureOf(client().echoStaff({}, { headers: await headersOf(headers) })))).toBe(
        reason,
      );
    });
  });

  test("takes a message of 4 MiB, and no more", async () => {
    const { connect } = clients[where] as Clients;
    const text = "x".repeat(100_000);
    expect((await connect.echo({ text })).text).toBe(text);
    const err = await failureOf(connect.echo({ text: "x".repeat(4 * 1024 * 1024 + 1) }));
    expect(err.code).toBe(8);
  });

  test("collects a stream of requests into one answer", async () => {
    const { connect } = clients[where] as Clients;
    expect((await connect.collect(stream({ text: "a" }, { text: "b" }))).text).toBe("a,b");
  });
});

const testSignature = "{signed}";
async function headersOf(headers: Record<string, string | undefined>): Promise<[string, string][]> {
  const signed = await testSigner.sign({ kind: "service", id: "order" });
  return Object.entries(headers).map(([name, value = ""]) => [name, value.replace(testSignature, signed)]);
}

test("a caller who asked too often is refused in the protocol's own words", async () => {
  const transport = createDirectTransport({ services, interceptors: testInterceptors });
  await using limited = await proxy(transport, admission(1));
  const { connect, "gRPC-Web": web } = clientsOf(limited.url);
  await connect.echo({ text: "x" }, { headers: { "rowlock-token": "a" } });
  for (const client of [connect, web]) {
    const err = await failureOf(client.echo({ text: "x" }, { headers: { "rowlock-token": "a" } }));
    expect(reasonOf(err)).toBe("RATE_LIMITED");
  }
  await connect.echo({ text: "x" }, { headers: { "rowlock-token": "b" } });
  await connect.echo({ text: "x" });
});

test("a service that cannot be reached tells nothing of where it was looked for", async () => {
  const port = await freePort();
  using gone = createGrpcTransport({
    address: `127.0.0.1:${port}`,
    services: [EchoService],
    signer: testSigner,
  });
  await using nowhere = await proxy(gone, admission());
  const err = await failureOf(clientsOf(nowhere.url).connect.echo({ text: "x" }));
  expect([err.code, reasonOf(err)]).toEqual([14, "UNAVAILABLE"]);
  expect(err.message).not.toContain(String(port));
  expect(errors.at(-1)).toBeDefined();
});

test.each([
  ["POST", "/rowlock.testing.v1.EchoService/Nothing", 501],
  ["POST", "/rowlock.testing.v1.EchoService", 501],
  ["PUT", "/rowlock.testing.v1.EchoService/Echo", 405],
  ["GET", "/rowlock.testing.v1.EchoService/EchoService", 405],
])("%s %s is answered %i", async (method, path, status) => {
  const { url } = served["here"] as Served;
  expect((await fetch(url + path, { method })).status).toBe(status);
});

test.each([
  ["application/json", "{", 400],
  ["application/json", '{"count":"many"}', 400],
  ["application/proto", "\xff\xff", 400],
  ["application/connect+proto", "\0\0\0\0\x02\xff\xff", 200],
  ["application/connect+json", "\0\0\0\0\x01{", 200],
  ["application/grpc-web+proto", "\0\0\0\0\x02\xff\xff", 200],
])("what is no message, as %s %j, is a bad request with a reason", async (type, text, status) => {
  const { url } = served["here"] as Served;
  const init = { method: "POST", headers: { "content-type": type }, body: Buffer.from(text, "latin1") };
  const method = type.startsWith("application/connect+") ? "Repeat" : "Echo";
  const response = await fetch(`${url}/rowlock.testing.v1.EchoService/${method}`, init);
  expect(response.status).toBe(status);
  const body = await response.text();
  const [code, detail] = type.startsWith("application/grpc-web")
    ? ["grpc-status: 3", "grpc-status-details-bin"]
    : ['"code":"invalid_argument"', '"type":"google.rpc.ErrorInfo"'];
  expect(body).toContain(code);
  expect(body).toContain(detail);
});

test("answers are compressed for who takes that", async () => {
  const { url } = served["here"] as Served;
  const response = await fetch(`${url}/rowlock.testing.v1.EchoService/Echo`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-encoding": "gzip" },
    body: JSON.stringify({ text: "x".repeat(50_000) }),
  });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(((await response.json()) as { text: string }).text).toHaveLength(50_000);
});
