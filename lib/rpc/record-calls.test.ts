import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { createDirectTransport } from "./direct-transport.ts";
import type { Observe } from "./interceptors/record-calls.ts";
import { createServerInterceptors } from "./server-interceptors.ts";
import { all } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { testAuthenticator, testStaffKey } from "./testing/interceptors.ts";

function setUp(level: string) {
  const lines: Record<string, unknown>[] = [];
  const observed: Parameters<Observe>[0][] = [];
  const log = pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const interceptors = createServerInterceptors({
    services: [EchoService],
    authenticator: testAuthenticator,
    log,
    observe: (call) => void observed.push(call),
  });
  const service = createEchoService({
    echoStaff() {
      const cause = Object.assign(new Error("inner text"), {
        config: { headers: { authorization: "sk_secret" } },
      });
      throw new Error("outer text", { cause });
    },
  });
  const client = createClient(EchoService, createDirectTransport({ services: [service], interceptors }));
  return { client, lines, observed };
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

const error = {
  code: Code.NotFound,
  message: "the text of the error",
  details: [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "GONE", domain: "rowlock.dev" }))],
};

describe("a call is recorded once", () => {
  test.each([
    {
      name: "an answer",
      call: (client: ReturnType<typeof setUp>["client"]) => client.echo({ text: "the text" }),
      want: { level: 20, method: "rowlock.testing.v1.EchoService/Echo", code: "OK", caller: "none" },
    },
    {
      name: "a guest's answer",
      call: (client: ReturnType<typeof setUp>["client"]) =>
        client.echo({ text: "the text" }, { headers: { "rowlock-token": "tok_secret" } }),
      want: { level: 20, code: "OK", caller: "guest" },
    },
    {
      name: "an answer, with the ids of its request and trace",
      call: (client: ReturnType<typeof setUp>["client"]) =>
        client.echo({ text: "the text" }, { headers: { traceparent, "x-request-id": "req-1" } }),
      want: { level: 20, code: "OK", request_id: "req-1", trace_id: traceId },
    },
    {
      name: "a stream, at its end",
      call: (client: ReturnType<typeof setUp>["client"]) =>
        all(client.repeat({ text: "the text", count: 3 })),
      want: { level: 20, method: "rowlock.testing.v1.EchoService/Repeat", code: "OK" },
    },
    {
      name: "a refusal",
      call: (client: ReturnType<typeof setUp>["client"]) => client.echo({ text: "the text", error }),
      want: { level: 30, code: "NOT_FOUND", reason: "GONE" },
    },
    {
      name: "a stream that fails",
      call: (client: ReturnType<typeof setUp>["client"]) => all(client.repeat({ count: 2, error })),
      want: { level: 30, code: "NOT_FOUND", reason: "GONE" },
    },
    {
      name: "an invalid request",
      call: (client: ReturnType<typeof setUp>["client"]) => client.echo({ count: -1 }),
      want: { level: 30, code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" },
    },
    {
      name: "a fault, with its causes",
      call: (client: ReturnType<typeof setUp>["client"]) =>
        client.echoStaff({ text: "the text" }, { headers: { "x-api-key": testStaffKey } }),
      want: {
        level: 50,
        code: "INTERNAL",
        reason: "INTERNAL",
        caller: "staff",
        cause: { message: "outer text", cause: { message: "inner text" } },
      },
    },
  ])("$name", async ({ call, want }) => {
    const { client, lines, observed } = setUp("debug");
    await call(client).catch(() => {});
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject(want);
    expect(lines[0]?.["ms"]).toBeGreaterThanOrEqual(0);
    expect(observed).toHaveLength(1);
    expect(observed[0]?.code).toBe(want.code);
    expect(observed[0]?.seconds).toBeLessThan(10);
    expect(JSON.stringify(lines)).not.toMatch(/the text|secret|staff-key/);
  });

  test("a deadline that passed is seen, though the handler never ends", async () => {
    const { client, lines } = setUp("info");
    await client.echo({ text: "x", delay: { seconds: 100n } }, { timeoutMs: 100 }).catch(() => {});
    expect(lines).toMatchObject([{ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" }]);
  });

  test("answers are not logged at info", async () => {
    const { client, lines, observed } = setUp("info");
    await client.echo({ text: "x" });
    expect(lines).toHaveLength(0);
    expect(observed).toHaveLength(1);
  });
});
