import { hash } from "node:crypto";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type Client, Code, createClient, type HandlerContext } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { asPrincipal, callerOf, requireOwner } from "./caller.ts";
import { createDirectTransport } from "./direct-transport.ts";
import { createServerInterceptors } from "./server-interceptors.ts";
import { createServiceTransport } from "./service-transport.ts";
import { createPrincipalSigner } from "./signer.ts";
import { failureOf } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { hostKinds, startHost, type TestHost } from "./testing/hosts.ts";
import { as, testAuthenticator, testInterceptors, testSigner, testStaffKey } from "./testing/interceptors.ts";

const digest = hash("sha256", "token-1", "hex");
const signed = (kind: "none" | "guest" | "customer" | "staff" | "service", id: string) => ({
  "rowlock-principal": testSigner.sign({ kind, id }),
});

/** Each kind of caller, as it comes from outside or from another process. */
const callers = {
  nobody: {},
  "an empty token": { "rowlock-token": "" },
  guest: { "rowlock-token": "token-1" },
  "staff by bearer": { authorization: `Bearer ${testStaffKey}` },
  "staff by api key": { "x-api-key": testStaffKey },
  "staff with a guest's token besides": { "x-api-key": testStaffKey, "rowlock-token": "token-1" },
  "signed nobody": signed("none", ""),
  "signed guest": signed("guest", digest),
  "signed customer": signed("customer", "cus_1"),
  "signed staff": signed("staff", "anna"),
  "signed service": signed("service", "order"),
} as const;

const seenAs: Record<keyof typeof callers, string> = {
  nobody: "none",
  "an empty token": "none",
  guest: `guest:${digest}`,
  "staff by bearer": "staff:test",
  "staff by api key": "staff:test",
  "staff with a guest's token besides": "staff:test",
  "signed nobody": "none",
  "signed guest": `guest:${digest}`,
  "signed customer": "customer:cus_1",
  "signed staff": "staff:anna",
  "signed service": "service:order",
};

type MethodName = "echo" | "echoCustomer" | "echoStaff" | "echoService";

/** Who may call what, as the contract's comments say it. */
const admitted: Record<MethodName, readonly string[]> = {
  echo: ["none", "guest", "customer", "staff", "service"],
  echoCustomer: ["guest", "customer", "staff", "service"],
  echoStaff: ["staff", "service"],
  echoService: ["service"],
};

const matrix = (Object.keys(admitted) as MethodName[]).flatMap((method) =>
  (Object.keys(callers) as (keyof typeof callers)[]).map((caller) => {
    const kind = seenAs[caller].split(":")[0] ?? "";
    const want = admitted[method].includes(kind)
      ? seenAs[caller]
      : kind === "none"
        ? "UNAUTHENTICATED"
        : "PERMISSION_DENIED";
    return { method, caller, want };
  }),
);

describe.each(hostKinds)("access over %s", (kind) => {
  let host: TestHost;
  let client: Client<typeof EchoService>;
  beforeAll(async () => {
    host = await startHost(kind, { services: [createEchoService()], interceptors: testInterceptors });
    client = createClient(EchoService, host.transport);
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const call = (method: MethodName, headers: Record<string, string>) =>
    client[method]({ text: "x" }, { headers }).then(({ caller }) => caller, reasonOf);

  test.each(matrix)("$method by $caller: $want", async ({ method, caller, want }) => {
    expect(await call(method, callers[caller])).toBe(want);
  });

  const valid = testSigner.sign({ kind: "service", id: "order" });
  const [payload = "", issued = "", expires = "", mac = ""] = valid.split(".");
  test.each([
    ["a wrong bearer key", { authorization: "Bearer wrong" }],
    ["a key that begins right", { authorization: `Bearer ${testStaffKey}x` }],
    ["a wrong api key", { "x-api-key": "wrong" }],
    ["an empty api key", { "x-api-key": "" }],
    ["another scheme", { authorization: `Basic ${testStaffKey}` }],
    ["a wrong key beside a good token", { "x-api-key": "wrong", "rowlock-token": "token-1" }],
    ["a wrong principal beside a good key", { "rowlock-principal": "x", "x-api-key": testStaffKey }],
    ["a principal without signature", { "rowlock-principal": `${payload}.${issued}.${expires}.` }],
    [
      "a principal signed over other times",
      { "rowlock-principal": `${payload}.${issued}.${Number(expires) + 1}.${mac}` },
    ],
    ["a principal with another payload", { "rowlock-principal": `CAQSBGNhcnQ.${issued}.${expires}.${mac}` }],
    [
      "a principal of another key",
      {
        "rowlock-principal": createPrincipalSigner({ key: Buffer.alloc(32, "x") }).sign({
          kind: "service",
          id: "order",
        }),
      },
    ],
    [
      "an expired principal",
      {
        "rowlock-principal": createPrincipalSigner({
          key: Buffer.alloc(32, "rowlock"),
          clock: () => new Date(Date.now() - 90_000),
        }).sign({ kind: "service", id: "order" }),
      },
    ],
    [
      "a principal of the future",
      {
        "rowlock-principal": createPrincipalSigner({
          key: Buffer.alloc(32, "rowlock"),
          clock: () => new Date(Date.now() + 30_000),
        }).sign({ kind: "service", id: "order" }),
      },
    ],
  ])("%s is UNAUTHENTICATED, even where anyone may call", async (_, headers) => {
    const err = await failureOf(client.echo({ text: "x" }, { headers: headers as Record<string, string> }));
    expect(err.code).toBe(Code.Unauthenticated);
    expect(reasonOf(err)).toBe("INVALID_CREDENTIALS");
    // Neither the key nor the principal may be told back.
    expect(err.message).not.toContain(testStaffKey);
  });
});

describe("between services", () => {
  test.each(["direct", "grpc"] as const)("over %s a call is made in the service's name", async (kind) => {
    await using host = await startHost(kind, {
      services: [createEchoService()],
      interceptors: testInterceptors,
    });
    const client = createClient(
      EchoService,
      createServiceTransport({ transport: host.transport, caller: "order" }),
    );
    expect((await client.echoService({ text: "x" })).caller).toBe("service:order");
    const own = asPrincipal({ kind: "guest", id: digest });
    expect((await client.echoCustomer({ text: "x" }, own)).caller).toBe(`guest:${digest}`);
    expect(reasonOf(await failureOf(client.echoService({ text: "x" }, own)))).toBe("PERMISSION_DENIED");
  });

  test("a signature is used again for half of its life, then made anew", () => {
    let now = 1_000_000_000_000;
    const signer = createPrincipalSigner({ key: Buffer.alloc(32, "k"), clock: () => new Date(now) });
    const first = signer.sign({ kind: "service", id: "order" });
    now += 29_000;
    expect(signer.sign({ kind: "service", id: "order" })).toBe(first);
    expect(signer.sign({ kind: "service", id: "cart" })).not.toBe(first);
    now += 1_000;
    expect(signer.sign({ kind: "service", id: "order" })).not.toBe(first);
    expect(signer.verify(first)).toEqual({ kind: "service", id: "order" });
    now += 36_000;
    expect(signer.verify(first)).toBeUndefined();
  });

  test("a short key is refused", () => {
    expect(() => createPrincipalSigner({ key: Buffer.alloc(31) })).toThrow(RangeError);
  });
});

describe("requireOwner", () => {
  const open = createEchoService({
    async echo(_, ctx: HandlerContext) {
      requireOwner(ctx, digest);
      return { caller: callerOf(ctx).kind };
    },
  });
  const client = createClient(
    EchoService,
    createDirectTransport({ services: [open], interceptors: testInterceptors }),
  );
  test.each([
    ["the owner", as.guest("token-1"), "guest"],
    ["another guest", as.guest("token-2"), "NOT_OWNER"],
    ["another customer", asPrincipal({ kind: "customer", id: "cus_1" }), "NOT_OWNER"],
    ["staff", as.staff, "staff"],
    ["a service", as.service("order"), "service"],
    ["nobody", {}, "UNAUTHENTICATED"],
  ])("%s", async (_, options, want) => {
    const got = await client.echo({ text: "x" }, options).then(({ caller }) => caller, reasonOf);
    expect(got).toBe(want);
  });

  test("a resource without an owner is nobody's, not everybody's", async () => {
    const ownerless = createEchoService({
      echo(_, ctx) {
        requireOwner(ctx, "");
        return {};
      },
    });
    const other = createClient(
      EchoService,
      createDirectTransport({ services: [ownerless], interceptors: testInterceptors }),
    );
    const err = await failureOf(other.echo({}, asPrincipal({ kind: "guest", id: "" })));
    expect(reasonOf(err)).toBe("NOT_OWNER");
  });
});

test("a method that does not say who may call it is a start-up error", () => {
  const file = create(FileDescriptorProtoSchema, {
    name: "open.proto",
    package: "open",
    syntax: "proto3",
    messageType: [{ name: "M" }],
    service: [{ name: "Open", method: [{ name: "Door", inputType: ".open.M", outputType: ".open.M" }] }],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService(
    "open.Open",
  );
  expect(service).toBeDefined();
  expect(() =>
    createServerInterceptors({
      services: service === undefined ? [] : [service],
      authenticator: testAuthenticator,
      log: pino({ level: "silent" }),
    }),
  ).toThrow(/open\.Open\/Door does not say who may call it/);
});
