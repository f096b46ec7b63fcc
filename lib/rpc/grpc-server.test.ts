import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { ChannelCredentials, Client, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { pino } from "pino";
import { describe, expect, test, vi } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { createGrpcServer } from "./grpc-server.ts";
import { createGrpcTransport } from "./grpc-transport.ts";
import type { ServiceDefinition } from "./service.ts";
import { all, failureOf } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { as, testInterceptors, testSigner, testStaffKey } from "./testing/interceptors.ts";

const log = pino({ level: "silent" });

async function start(
  service: ServiceDefinition = createEchoService(),
  options: { maxMessageBytes?: number; maxAnswerBytes?: number } = {},
) {
  const server = await createGrpcServer({
    services: [service],
    interceptors: testInterceptors,
    address: "127.0.0.1:0",
    log,
    ...options,
  });
  const transport = createGrpcTransport({
    address: `127.0.0.1:${server.port}`,
    services: [EchoService],
    signer: testSigner,
  });
  return {
    server,
    client: createClient(EchoService, transport),
    async [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      await server.drain({ graceMs: 0 });
    },
  };
}

/** A handler that waits until it is told to go on, or until its signal aborts. */
function gate() {
  let open = () => {};
  let entered = false;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const service = createEchoService({
    async echo(_, ctx) {
      entered = true;
      await Promise.race([
        opened,
        new Promise((_, reject) => {
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
        }),
      ]);
      return { text: "finished" };
    },
  });
  return { service, open: () => open(), entered: () => vi.waitFor(() => expect(entered).toBe(true)) };
}

describe("health", () => {
  const HealthClient = makeGenericClientConstructor(healthService, "Health");
  async function check(port: number, service: string): Promise<unknown> {
    const client = new HealthClient(`127.0.0.1:${port}`, ChannelCredentials.createInsecure());
    try {
      return await new Promise((resolve) => {
        client["check"]?.({ service }, (err: ServiceError | null, answer: { status: string } | undefined) =>
          resolve(err === null ? answer?.status : err.code),
        );
      });
    } finally {
      client.close();
    }
  }

  test.each([
    ["the server", "", "SERVING"],
    ["a service", EchoService.typeName, "SERVING"],
    ["a service it does not have", "nope.Nope", 5],
  ])("of %s", async (_, service, want) => {
    await using running = await start();
    expect(await check(running.server.port, service)).toBe(want);
  });

  test("can be set", async () => {
    await using running = await start();
    running.server.setServing(false, EchoService.typeName);
    expect(await check(running.server.port, EchoService.typeName)).toBe("NOT_SERVING");
    expect(await check(running.server.port, "")).toBe("SERVING");
  });

  test("a watcher hears of the drain, and does not hold it up", async () => {
    await using running = await start();
    const client = new HealthClient(`127.0.0.1:${running.server.port}`, ChannelCredentials.createInsecure());
    const heard: string[] = [];
    const watch = client["watch"]?.({ service: "" });
    watch.on("data", ({ status }: { status: string }) => heard.push(status));
    watch.on("error", () => {});
    await vi.waitFor(() => expect(heard).toEqual(["SERVING"]));
    await running.server.drain();
    await vi.waitFor(() => expect(heard).toEqual(["SERVING", "NOT_SERVING"]));
    client.close();
  });
});

describe("drain", () => {
  test("lets a running call finish", async () => {
    const { service, open, entered } = gate();
    await using running = await start(service);
    const answer = running.client.echo({ text: "x" });
    await entered();
    const drained = running.server.drain();
    open();
    expect((await answer).text).toBe("finished");
    await drained;
  });

  test("gives up a call that outlasts the grace", async () => {
    const { service, entered } = gate();
    await using running = await start(service);
    // EchoService's Echo is idempotent and would be tried again elsewhere; the deadline ends that.
    const answer = failureOf(running.client.echo({ text: "x" }, { timeoutMs: 2_000 }));
    await entered();
    await running.server.drain({ graceMs: 10 });
    expect((await answer).code).toBe(Code.Unavailable);
  });

  test("refuses new calls, twice over", async () => {
    const running = await start();
    await running.client.echo({ text: "x" });
    await Promise.all([running.server.drain(), running.server.drain()]);
    const err = await failureOf(running.client.echoStaff({ text: "x" }, as.staff));
    expect(err.code).toBe(Code.Unavailable);
    await running[Symbol.asyncDispose]();
  });
});

describe("what does not fit", () => {
  test("a request that is too large", async () => {
    await using running = await start(createEchoService(), { maxMessageBytes: 1_000 });
    const err = await failureOf(running.client.echo({ text: "x".repeat(2_000) }));
    expect(err.code).toBe(Code.ResourceExhausted);
    expect((await running.client.echo({ text: "x" })).text).toBe("x");
  });

  test("an answer may be larger than a request, up to a limit of its own", async () => {
    const large = createEchoService({ echo: ({ count }) => ({ text: "x".repeat(count * 1024 * 1024) }) });
    await using running = await start(large, { maxAnswerBytes: 8 * 1024 * 1024 });
    expect((await running.client.echo({ count: 5 })).text).toHaveLength(5 * 1024 * 1024);
    expect((await failureOf(running.client.echo({ count: 9 }))).code).toBe(Code.ResourceExhausted);
  });

  test("bytes that are no message are the caller's fault", async () => {
    await using running = await start();
    const raw = new Client(`127.0.0.1:${running.server.port}`, ChannelCredentials.createInsecure());
    const err = await new Promise<ServiceError | null>((resolve) => {
      const bytes = (b: Buffer) => b;
      raw.makeUnaryRequest(
        "/rowlock.testing.v1.EchoService/Echo",
        bytes,
        bytes,
        Buffer.from([0xff, 0xff, 0xff]),
        (err) => resolve(err),
      );
    });
    raw.close();
    expect(err?.code).toBe(Code.InvalidArgument);
  });

  test("a header that gRPC cannot carry", async () => {
    await using running = await start();
    const err = await failureOf(running.client.echo({ text: "x" }, { headers: { "x-echo-name": "Müller" } }));
    expect(err.code).toBe(Code.InvalidArgument);
  });

  test("an address in use rejects", async () => {
    await using running = await start();
    const options = { services: [createEchoService()], interceptors: testInterceptors, log };
    await expect(
      createGrpcServer({ ...options, address: `127.0.0.1:${running.server.port}` }),
    ).rejects.toThrow(/EADDRINUSE/);
  });
});

describe("the way to the service", () => {
  test("nobody listens: UNAVAILABLE, without the address", async () => {
    const running = await start();
    const { port } = running.server;
    await running[Symbol.asyncDispose]();
    using transport = createGrpcTransport({ address: `127.0.0.1:${port}`, services: [EchoService] });
    for (const call of [
      createClient(EchoService, transport).echoCustomer({ text: "x" }),
      all(createClient(EchoService, transport).repeat({ text: "x" })),
    ]) {
      const err = await failureOf(call);
      expect(err.code).toBe(Code.Unavailable);
      expect(reasonOf(err)).toBe("UNAVAILABLE");
      expect(err.message).not.toContain("127.0.0.1");
    }
  });

  test.each([
    ["an idempotent method is tried again", "echo", 3, "third"],
    ["any other is not", "echoStaff", 1, "UNAVAILABLE"],
  ] as const)("%s", async (_, method, wantCalls, want) => {
    let calls = 0;
    const flaky = () => {
      calls++;
      if (calls < 3) {
        throw new ConnectError("restarting", Code.Unavailable);
      }
      return { text: "third" };
    };
    await using running = await start(createEchoService({ echo: flaky, echoStaff: flaky }));
    const got = await running.client[method]({ text: "x" }, { headers: { "x-api-key": testStaffKey } }).then(
      ({ text }) => text,
      reasonOf,
    );
    expect(got).toBe(want);
    expect(calls).toBe(wantCalls);
  });

  test("calls are spread over all replicas", async () => {
    const replica = (name: string) => start(createEchoService({ echo: () => ({ text: name }) }));
    await using a = await replica("a");
    await using b = await replica("b");
    using transport = createGrpcTransport({
      address: `ipv4:127.0.0.1:${a.server.port},127.0.0.1:${b.server.port}`,
      services: [EchoService],
    });
    const client = createClient(EchoService, transport);
    // The second connection may come up after the first calls.
    await vi.waitFor(async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => client.echo({ text: "x" })));
      expect(answers.map(({ text }) => text).sort()).toEqual(["a", "a", "b", "b"]);
    });
  });

  test("a call in somebody's name needs a signer", async () => {
    await using running = await start();
    using transport = createGrpcTransport({
      address: `127.0.0.1:${running.server.port}`,
      services: [EchoService],
      caller: "order",
    });
    await expect(createClient(EchoService, transport).echoService({ text: "x" })).rejects.toThrow(/signer/);
  });
});
