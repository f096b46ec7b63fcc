import { create } from "@bufbuild/protobuf";
import {
  Code,
  createClient,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { EchoRequestSchema, EchoResponseSchema, EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { bindServices } from "./bound-method.ts";
import { createDirectTransport } from "./direct-transport.ts";
import { createRoutingTransport } from "./routing-transport.ts";
import type { ServiceDefinition } from "./service.ts";
import { all, failureOf } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { as, testInterceptors } from "./testing/interceptors.ts";

const clientOf = (service: ServiceDefinition) =>
  createClient(EchoService, createDirectTransport({ services: [service], interceptors: testInterceptors }));

describe("in process", () => {
  test("messages are handed over, not copied", async () => {
    const sent = create(EchoRequestSchema, { text: "x" });
    const answered = create(EchoResponseSchema, { text: "y" });
    let received: unknown;
    const client = clientOf(
      createEchoService({
        echo(req) {
          received = req;
          return answered;
        },
      }),
    );
    expect(await client.echo(sent)).toBe(answered);
    expect(received).toBe(sent);
  });

  test("of the caller's context values only the principal reaches the handler", async () => {
    const key = createContextKey("unset");
    let seen: string | undefined;
    const client = clientOf(
      createEchoService({
        async echo(_, ctx) {
          seen = ctx.values.get(key);
          return { caller: "x" };
        },
      }),
    );
    const contextValues = createContextValues().set(key, "leaked");
    await client.echo({ text: "x" }, { contextValues });
    expect(seen).toBe("unset");
    expect((await clientOf(createEchoService()).echo({ text: "x" }, as.service("cart"))).caller).toBe(
      "service:cart",
    );
  });

  test("the handler's signal aborts when the call is over, as over a wire", async () => {
    let ctx: HandlerContext | undefined;
    let signal: AbortSignal | undefined;
    const client = clientOf(
      createEchoService({
        async echo(_, context) {
          ctx = context;
          signal = context.signal;
          return {};
        },
      }),
    );
    await client.echo({ text: "x" });
    expect(ctx?.protocolName).toBe("direct");
    expect(signal?.aborted).toBe(true);
  });

  test("a caller who leaves a stream ends the handler", async () => {
    let ended = false;
    const transport = createDirectTransport({
      services: [
        createEchoService({
          async *repeat() {
            try {
              for (;;) {
                yield { text: "x" };
              }
            } finally {
              ended = true;
            }
          },
        }),
      ],
      interceptors: testInterceptors,
    });
    const requests = (async function* () {
      yield { text: "x" };
    })();
    const { message } = await transport.stream(
      EchoService.method.repeat,
      undefined,
      undefined,
      undefined,
      requests,
    );
    for await (const { text } of message) {
      expect(text).toBe("x");
      break;
    }
    expect(ended).toBe(true);
  });

  test.each([
    [
      "sync",
      () => {
        throw new Error("secret");
      },
    ],
    ["async", () => Promise.reject(new Error("secret"))],
  ])("without interceptors, too, a fault says nothing (%s)", async (_, echo) => {
    const transport = createDirectTransport({ services: [createEchoService({ echo })] });
    const err = await failureOf(createClient(EchoService, transport).echo({ text: "x" }));
    expect(err.code).toBe(Code.Internal);
    expect(err.message).not.toContain("secret");
  });

  test("without interceptors, too, the caller's timeout holds", async () => {
    const transport = createDirectTransport({
      services: [createEchoService({ echo: () => new Promise<never>(() => {}) })],
    });
    const err = await failureOf(createClient(EchoService, transport).echo({ text: "x" }, { timeoutMs: 20 }));
    expect(err.code).toBe(Code.DeadlineExceeded);
  });

  test("a service that is not there is UNIMPLEMENTED", async () => {
    const client = createClient(EchoService, createDirectTransport({ services: [] }));
    for (const call of [client.echo({ text: "x" }), all(client.repeat({ text: "x" }))]) {
      const err = await failureOf(call);
      expect(err.code).toBe(Code.Unimplemented);
      expect(reasonOf(err)).toBe("UNIMPLEMENTED");
    }
  });

  test("a service given twice is a start-up error", () => {
    expect(() => bindServices({ services: [createEchoService(), createEchoService()] })).toThrow(/twice/);
  });
});

describe("createRoutingTransport", () => {
  test("routes by service, and refuses what it does not know", async () => {
    const transport = createDirectTransport({
      services: [createEchoService()],
      interceptors: testInterceptors,
    });
    const routed = createClient(EchoService, createRoutingTransport({ [EchoService.typeName]: transport }));
    expect((await routed.echo({ text: "x" })).text).toBe("x");
    expect(await all(routed.repeat({ text: "x", count: 2 }))).toHaveLength(2);
    const lost = createClient(EchoService, createRoutingTransport({}));
    expect((await failureOf(lost.echo({ text: "x" }))).code).toBe(Code.Unimplemented);
  });
});
