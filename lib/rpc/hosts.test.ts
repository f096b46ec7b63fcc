import { create } from "@bufbuild/protobuf";
import { anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  encodeBinaryHeader,
  type HandlerContext,
} from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../../gen/google/rpc/status_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { defineReasons, errorInfo, reasonOf } from "../errors/reasons.ts";
import { outgoing } from "./outgoing.ts";
import { principalHeader } from "./signer.ts";
import { all, failureOf, stream } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { hostKinds, startHost, type TestHost } from "./testing/hosts.ts";
import { testInterceptors, testSigner, testStaffKey } from "./testing/interceptors.ts";

const fail = defineReasons({
  SHORTAGE: { code: Code.Aborted, message: "{sku}: {requested} requested, {available} left" },
});

const service = { headers: { [principalHeader]: await testSigner.sign({ kind: "service", id: "cart" }) } };

describe.each(hostKinds)("%s", (kind) => {
  const seen: { ctx?: HandlerContext; aborted?: unknown } = {};
  // Says what the handler below `hang` does: it answers only to its signal, or not even to that.
  const hang = async (req: { text: string }, ctx: HandlerContext) => {
    seen.ctx = ctx;
    ctx.signal.addEventListener("abort", () => {
      seen.aborted = ctx.signal.reason;
    });
    await new Promise(() => {});
    return { text: req.text };
  };
  let host: TestHost;
  let next: TestHost;
  let hanging: TestHost;
  let client: Client<typeof EchoService>;
  let hangingClient: Client<typeof EchoService>;

  beforeAll(async () => {
    const interceptors = testInterceptors;
    const echo = createEchoService();
    const atNext = createEchoService({
      echo(req, ctx) {
        seen.ctx = ctx;
        return echo.impl.echo(req, ctx);
      },
    });
    next = await startHost(kind, { services: [atNext], interceptors });
    const nextClient = createClient(EchoService, next.transport);
    host = await startHost(kind, {
      services: [
        createEchoService({
          // Asks the next process, and says what was left of the deadline there.
          echoCustomer: (req, ctx) => nextClient.echo({ text: req.text }, outgoing(ctx)),
          echoStaff() {
            throw new Error("connect ECONNREFUSED secret-db:5432");
          },
          echoService() {
            throw fail("SHORTAGE", { sku: "A-1", requested: "3", available: "1" });
          },
        }),
      ],
      interceptors,
    });
    hanging = await startHost(kind, {
      services: [
        createEchoService({
          echo: hang,
          async *repeat(req, ctx) {
            yield { text: req.text };
            yield await hang(req, ctx);
          },
          async collect(requests, ctx) {
            for await (const req of requests) {
              await hang(req, ctx);
            }
            return {};
          },
        }),
      ],
      interceptors,
    });
    client = createClient(EchoService, host.transport);
    hangingClient = createClient(EchoService, hanging.transport);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await next[Symbol.asyncDispose]();
    await hanging[Symbol.asyncDispose]();
  });

  const staff = { headers: { "x-api-key": testStaffKey } };
  const guest = { headers: { "rowlock-token": "token-1" } };

  describe("carries messages", () => {
    const long = "äöü€😀".repeat(5_000);

    test("unary", async () => {
      expect((await client.echo({ text: long })).text).toBe(long);
    });
    test("client streaming", async () => {
      const answer = await client.collect(stream({ text: "a" }, { text: long }, { text: "c" }));
      expect(answer.text).toBe(`a,${long},c`);
    });
    test("client streaming, nothing sent", async () => {
      expect((await client.collect(stream())).text).toBe("");
    });
    test("server streaming", async () => {
      const answers = await all(client.repeat({ text: "x", count: 1000 }));
      expect(answers).toHaveLength(1000);
      expect(answers.every(({ text }) => text === "x")).toBe(true);
    });
    test("server streaming, large answers", async () => {
      const answers = await all(client.repeat({ text: long, count: 50 }));
      expect(answers).toHaveLength(50);
      expect(answers.every(({ text }) => text === long)).toBe(true);
    });
    test("both ways, each answer before the next request", async () => {
      const got: string[] = [];
      let proceed: () => void = () => {};
      async function* conversation() {
        for (const text of ["1", "2", "3"]) {
          const answered = new Promise<void>((resolve) => {
            proceed = resolve;
          });
          yield { text };
          await answered;
        }
      }
      for await (const { text } of client.chat(conversation())) {
        got.push(text);
        proceed();
      }
      expect(got).toEqual(["1", "2", "3"]);
    });
    test("a handler may answer with an init object or a message", async () => {
      expect((await createClient(EchoService, next.transport).echo({ text: "x" })).$typeName).toBe(
        "rowlock.testing.v1.EchoResponse",
      );
    });
  });

  describe("carries headers and trailers", () => {
    const binary = new Uint8Array([0, 1, 254, 255]);
    const headers = {
      "x-echo-word": "one two",
      "x-other": "stays away",
      "x-echo-data-bin": encodeBinaryHeader(binary),
    };
    const want = { word: "one two", wordTrailer: "one two", other: null };
    let header = new Headers();
    let trailer = new Headers();
    const options = {
      headers,
      onHeader: (received: Headers) => {
        header = received;
      },
      onTrailer: (received: Headers) => {
        trailer = received;
      },
    };
    test.each([
      ["unary", () => client.echo({ text: "x" }, options)],
      ["client streaming", () => client.collect(stream({ text: "x" }), options)],
      ["server streaming", () => all(client.repeat({ text: "x", count: 2 }, options))],
      ["both ways", () => all(client.chat(stream({ text: "x" }, { text: "y" }), options))],
    ])("%s", async (_, call) => {
      header = new Headers();
      trailer = new Headers();
      await call();
      expect({
        word: header.get("x-echo-word"),
        wordTrailer: trailer.get("x-echo-word-trailer"),
        other: header.get("x-other"),
      }).toEqual(want);
      expect(header.get("x-echo-data-bin")?.replaceAll("=", "")).toBe("AAH+/w");
      expect(trailer.get("x-echo-data-trailer-bin")?.replaceAll("=", "")).toBe("AAH+/w");
    });

    test("also of a call that fails", async () => {
      const err = await failureOf(
        client.echo({ text: "x", error: { code: Code.NotFound, message: "no" } }, { headers }),
      );
      expect(err.metadata.get("x-echo-word")).toBe("one two");
      expect(err.metadata.get("x-echo-word-trailer")).toBe("one two");
    });
  });

  describe("carries errors", () => {
    const error = create(StatusSchema, {
      code: Code.ResourceExhausted,
      message: "slow down, 100 % – ändern\nbitte",
      details: [
        anyPack(
          ErrorInfoSchema,
          create(ErrorInfoSchema, { reason: "TOO_FAST", domain: "rowlock.dev", metadata: { sku: "Ä" } }),
        ),
        anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: durationFromMs(1500) })),
      ],
    });
    test.each([
      ["unary", () => client.echo({ error })],
      ["client streaming", () => client.collect(stream({ text: "x" }, { error }))],
      ["server streaming", () => all(client.repeat({ error }))],
      ["both ways", () => all(client.chat(stream({ error })))],
    ])("%s", async (_, call) => {
      const err = await failureOf(call());
      expect(err.code).toBe(Code.ResourceExhausted);
      expect(err.rawMessage).toBe(error.message);
      expect(err.findDetails(ErrorInfoSchema)).toHaveLength(1);
      expect(errorInfo(err)).toMatchObject({ reason: "TOO_FAST", metadata: { sku: "Ä" } });
      expect(err.findDetails(RetryInfoSchema)[0]?.retryDelay?.nanos).toBe(500_000_000);
      expect(err.cause).toBeUndefined();
    });

    test("after answers of the same stream", async () => {
      const got: string[] = [];
      const err = await failureOf(
        (async () => {
          for await (const { text } of client.repeat({ text: "x", count: 3, error })) {
            got.push(text);
          }
        })(),
      );
      expect(got).toEqual(["x", "x", "x"]);
      expect(reasonOf(err)).toBe("TOO_FAST");
    });

    test("field violations", async () => {
      const err = await failureOf(
        client.echo({ badRequest: { fieldViolations: [{ field: "lines[0].sku", description: "is odd" }] } }),
      );
      expect(err.code).toBe(Code.InvalidArgument);
      expect(reasonOf(err)).toBe("INVALID_ARGUMENT");
      expect(err.findDetails(BadRequestSchema)[0]?.fieldViolations[0]).toMatchObject({
        field: "lines[0].sku",
        description: "is odd",
      });
    });

    test("of a catalogue", async () => {
      const err = await failureOf(client.echoService({ text: "x" }, service));
      expect(err.code).toBe(Code.Aborted);
      expect(errorInfo(err)?.metadata).toEqual({ sku: "A-1", requested: "3", available: "1" });
    });

    test("a fault is INTERNAL and says nothing of what went wrong", async () => {
      const err = await failureOf(client.echoStaff({ text: "x" }, staff));
      expect(err.code).toBe(Code.Internal);
      expect(reasonOf(err)).toBe("INTERNAL");
      expect(JSON.stringify([err, err.message, [...err.metadata]])).not.toMatch(/ECONNREFUSED|secret/);
      expect(err.cause).toBeUndefined();
    });

    test("an error without details gets a reason", async () => {
      const err = await failureOf(client.echo({ error: { code: Code.NotFound, message: "no" } }));
      expect(err.code).toBe(Code.NotFound);
      expect(reasonOf(err)).toBe("NOT_FOUND");
    });

    test("too large for trailers: the code and the reason arrive all the same", async () => {
      const huge = create(StatusSchema, {
        code: Code.NotFound,
        message: "ä".repeat(50_000),
        details: [
          anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "TOO_MUCH", domain: "rowlock.dev" })),
          anyPack(
            BadRequestSchema,
            create(BadRequestSchema, { fieldViolations: [{ description: "x".repeat(100_000) }] }),
          ),
        ],
      });
      const err = await failureOf(client.echo({ error: huge }));
      expect(err.code).toBe(Code.NotFound);
      expect(reasonOf(err)).toBe("TOO_MUCH");
    });
  });

  describe("keeps deadlines", () => {
    test("the handler sees what is left, less the shave", async () => {
      const { remainingMs } = await client.echo({ text: "x" }, { timeoutMs: 5_000 });
      expect(Number(remainingMs)).toBeGreaterThan(4_000);
      expect(Number(remainingMs)).toBeLessThanOrEqual(4_980);
    });
    test("15 seconds when none is given", async () => {
      const { remainingMs } = await client.echo({ text: "x" });
      expect(Number(remainingMs)).toBeGreaterThan(14_000);
      expect(Number(remainingMs)).toBeLessThanOrEqual(15_000);
    });
    test("none for an answer that is a stream", async () => {
      const [first] = await all(client.repeat({ text: "x" }));
      expect(first?.remainingMs).toBe(0n);
    });
    test("what is left travels to the next service, less its own shave", async () => {
      const { remainingMs } = await client.echoCustomer({ text: "x" }, { ...guest, timeoutMs: 5_000 });
      expect(Number(remainingMs)).toBeGreaterThan(4_000);
      expect(Number(remainingMs)).toBeLessThanOrEqual(4_960);
    });
    test("the names of request and trace travel, too, by a hop of their own", async () => {
      const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      const headers = { ...guest.headers, "x-request-id": "req-1", traceparent };
      await client.echoCustomer({ text: "x" }, { headers });
      const received = seen.ctx?.requestHeader;
      expect(received?.get("x-request-id")).toBe("req-1");
      expect(received?.get("traceparent")).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
      expect(received?.get("traceparent")).not.toBe(traceparent);
      expect(received?.get("rowlock-token")).toBeNull();
    });
    test("too little left: refused before the handler", async () => {
      delete seen.ctx;
      const err = await failureOf(hangingClient.echo({ text: "x" }, { timeoutMs: 60 }));
      expect(err.code).toBe(Code.DeadlineExceeded);
      expect(seen.ctx).toBeUndefined();
    });
    test.each([
      ["unary", () => hangingClient.echo({ text: "x" }, { timeoutMs: 250 })],
      ["client streaming", () => hangingClient.collect(stream({ text: "x" }), { timeoutMs: 250 })],
      ["server streaming", () => all(hangingClient.repeat({ text: "x" }, { timeoutMs: 250 }))],
    ])("%s: aborts the signal, and answers though the handler does not", async (_, call) => {
      delete seen.aborted;
      const err = await failureOf(call());
      expect(err.code).toBe(Code.DeadlineExceeded);
      expect(reasonOf(err)).toBe("DEADLINE_EXCEEDED");
      await vi.waitFor(() => expect(seen.aborted).toBeInstanceOf(ConnectError));
      expect((seen.aborted as ConnectError).code).toBe(Code.DeadlineExceeded);
    });
  });

  describe("cancels", () => {
    test.each([
      ["unary", (signal: AbortSignal) => hangingClient.echo({ text: "x" }, { signal })],
      ["client streaming", (signal: AbortSignal) => hangingClient.collect(stream({ text: "x" }), { signal })],
      ["server streaming", (signal: AbortSignal) => all(hangingClient.repeat({ text: "x" }, { signal }))],
    ])("%s: the handler's signal aborts", async (_, call) => {
      delete seen.ctx;
      delete seen.aborted;
      const controller = new AbortController();
      const outcome = failureOf(call(controller.signal));
      await vi.waitFor(() => expect(seen.ctx).toBeDefined());
      controller.abort();
      expect((await outcome).code).toBe(Code.Canceled);
      await vi.waitFor(() => expect(seen.aborted).toBeInstanceOf(ConnectError));
      expect((seen.aborted as ConnectError).code).toBe(Code.Canceled);
    });
    test("a call whose signal is aborted already is not made", async () => {
      delete seen.ctx;
      const err = await failureOf(hangingClient.echo({ text: "x" }, { signal: AbortSignal.abort() }));
      expect(err.code).toBe(Code.Canceled);
      expect(seen.ctx).toBeUndefined();
    });
    test("a wait inside the handler ends with its signal", async () => {
      const controller = new AbortController();
      const outcome = failureOf(
        client.echo({ text: "x", delay: durationFromMs(60_000) }, { signal: controller.signal }),
      );
      controller.abort();
      expect((await outcome).code).toBe(Code.Canceled);
    });
  });

  test("the caller's own stream fails: so does the call, and the handler is not left waiting", async () => {
    async function* broken() {
      yield { text: "x" };
      throw new Error("the caller's own");
    }
    const err = await failureOf(client.collect(broken()));
    expect([Code.Internal, Code.Unknown, Code.Canceled]).toContain(err.code);
  });

  describe("validates", () => {
    test.each([
      ["unary", () => client.echo({ text: "x", count: -1 }), "count"],
      ["server streaming", () => all(client.repeat({ text: "x", count: 10_001 })), "count"],
      ["the second of a client stream", () => client.collect(stream({ text: "x" }, { count: -1 })), "count"],
      ["the second both ways", () => all(client.chat(stream({ text: "x" }, { count: -1 }))), "count"],
      ["a long text", () => client.echo({ text: "x".repeat(100_001) }), "text"],
    ])("%s", async (_, call, field) => {
      const err = await failureOf(call());
      expect(err.code).toBe(Code.InvalidArgument);
      expect(reasonOf(err)).toBe("INVALID_ARGUMENT");
      expect(err.findDetails(BadRequestSchema)[0]?.fieldViolations.map((v) => v.field)).toEqual([field]);
    });
  });
});
