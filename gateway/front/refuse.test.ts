import { request as send } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { all, failureOf } from "../../lib/rpc/testing/calls.ts";
import { fail } from "./reasons.ts";
import { createRefuse } from "./refuse.ts";
import { serve } from "./testing/serve.ts";

const details = [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: 7n } } }];
const limited = () =>
  fail("RATE_LIMITED", { limit: "1", window_seconds: "60", retry_seconds: "7" }, { details });

describe.each(["connect", "grpc-web"] as const)("%s", (protocol) => {
  test.each([true, false])(
    "its client reads code, reason and details (binary: %s)",
    async (useBinaryFormat) => {
      const refuse = createRefuse({ isRpc: () => true });
      await using served = await serve((request, response) => refuse(request, response, limited()));
      const options = { baseUrl: served.url, httpVersion: "1.1", useBinaryFormat } as const;
      const client = createClient(
        EchoService,
        protocol === "connect" ? createConnectTransport(options) : createGrpcWebTransport(options),
      );
      for (const call of [client.echo({ text: "x" }), all(client.repeat({ text: "x" }))]) {
        const err = await failureOf(call);
        expect(reasonOf(err)).toBe("RATE_LIMITED");
        expect(err.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(7n);
      }
    },
  );
});

test("REST reads status, Retry-After and the shape of all errors", async () => {
  const refuse = createRefuse({ isRpc: () => false });
  await using served = await serve((request, response) => refuse(request, response, limited()));
  const response = await fetch(served.url);
  expect(response.status).toBe(429);
  expect(response.headers.get("retry-after")).toBe("7");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toEqual({
    error: {
      code: 429,
      status: "RESOURCE_EXHAUSTED",
      message: "more than 1 requests in 60 s; try again in 7 s",
      details: [
        expect.objectContaining({ reason: "RATE_LIMITED", domain: "rowlock.dev" }),
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" },
      ],
    },
  });
});

test("what is no typed error is told to nobody", async () => {
  const refuse = createRefuse({ isRpc: () => false });
  await using served = await serve((request, response) =>
    refuse(request, response, new Error("at 10.0.0.1")),
  );
  const response = await fetch(served.url);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("10.0.0.1");
});

test.each([true, false])("a large body that nobody reads ends the connection (RPC: %s)", async (rpc) => {
  const refuse = createRefuse({ isRpc: () => rpc });
  await using served = await serve((request, response) => refuse(request, response, limited()));
  const answer = await new Promise<{ status: number | undefined; connection: string | undefined }>(
    (resolve, reject) => {
      const headers = { "content-length": 10_000_000, "content-type": "application/connect+json" };
      const request = send(served.url, { method: "POST", headers }, (response) => {
        resolve({ status: response.statusCode, connection: response.headers.connection });
        request.destroy();
      });
      request.on("error", reject);
      request.flushHeaders();
    },
  );
  expect(answer).toEqual({ status: rpc ? 200 : 429, connection: "close" });
});
