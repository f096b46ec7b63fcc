import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { createConnectHandler } from "./connect-routes.ts";
import { createGrpcTransport } from "./grpc-transport.ts";
import { all, failureOf } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { startHost } from "./testing/hosts.ts";
import { testInterceptors, testStaffKey } from "./testing/interceptors.ts";

const options = { services: [createEchoService()], interceptors: testInterceptors };

async function listen(handler: RequestListener) {
  const server = createServer(handler);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

describe("over HTTP/1.1, as in the HTTP port", () => {
  test.each([
    ["Connect", createConnectTransport],
    ["gRPC-Web", createGrpcWebTransport],
  ])("%s", async (_, createTransport) => {
    await using server = await listen(createConnectHandler(options));
    const client = createClient(EchoService, createTransport({ baseUrl: server.url, httpVersion: "1.1" }));
    const headers = { "x-api-key": testStaffKey };
    expect((await client.echoStaff({ text: "x" }, { headers })).caller).toBe("staff:test");
    expect(await all(client.repeat({ text: "x", count: 3 }))).toHaveLength(3);
    expect(reasonOf(await failureOf(client.echoStaff({ text: "x" })))).toBe("UNAUTHENTICATED");
  });

  test("plain curl: JSON in, JSON out", async () => {
    await using server = await listen(createConnectHandler(options));
    const answer = await fetch(`${server.url}/rowlock.testing.v1.EchoService/Echo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"text":"hello"}',
    });
    expect(await answer.json()).toMatchObject({ text: "hello" });
  });

  test("a path of nobody is 404, or goes to the fallback", async () => {
    await using bare = await listen(createConnectHandler(options));
    expect((await fetch(`${bare.url}/v1/products`)).status).toBe(404);
    await using server = await listen(
      createConnectHandler({ ...options, fallback: (_, res) => void res.writeHead(418).end() }),
    );
    expect((await fetch(`${server.url}/v1/products`)).status).toBe(418);
  });

  test("a message that is too large", async () => {
    await using server = await listen(createConnectHandler({ ...options, maxMessageBytes: 1_000 }));
    const client = createClient(
      EchoService,
      createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
    );
    expect((await failureOf(client.echo({ text: "x".repeat(2_000) }))).code).toBe(Code.ResourceExhausted);
  });
});

test("gRPC over HTTP/2 in the clear reaches the same routes", async () => {
  await using host = await startHost("connect", options);
  using transport = createGrpcTransport({ address: host.address, services: [EchoService] });
  const client = createClient(EchoService, transport);
  expect((await client.echo({ text: "x" })).text).toBe("x");
  expect(reasonOf(await failureOf(client.echo({ text: "x", count: -1 })))).toBe("INVALID_ARGUMENT");
});
