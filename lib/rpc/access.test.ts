import { hash } from "node:crypto";
import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type Client, Code, type ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.js";
import { Role } from "../../gen/rowlock/auth/v1/access_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { asPrincipal, callerOf, requireOwner } from "./caller.ts";
import { createDirectTransport } from "./direct-transport.ts";
import { nobody, type Principal } from "./principal.ts";
import { createServerInterceptors } from "./server-interceptors.ts";
import { createServiceTransport } from "./service-transport.ts";
import { failureOf } from "./testing/calls.ts";
import { createEchoService } from "./testing/echo-service.ts";
import { forgeries } from "./testing/forgeries.ts";
import { hostKinds, startHost, type TestHost } from "./testing/hosts.ts";
import { as, testAuthenticator, testInterceptors, testSigner, testStaffKey } from "./testing/interceptors.ts";

const digest = hash("sha256", "token-1", "hex");
const signed = async (principal: Principal) => ({ "rowlock-principal": await testSigner.sign(principal) });
const key = (role: Role, areas: string[] = []) => signed({ kind: "staff", id: "anna", role, areas });

/** Each kind of caller, as it comes from outside or from another process. */
const callers = {
  nobody: {},
  "an empty token": { "rowlock-token": "" },
  guest: { "rowlock-token": "token-1" },
  "staff by bearer": { authorization: `Bearer ${testStaffKey}` },
  "staff by api key": { "x-api-key": testStaffKey },
  "staff with a guest's token besides": { "x-api-key": testStaffKey, "rowlock-token": "token-1" },
  "signed nobody": await signed(nobody),
  "signed guest": await signed({ kind: "guest", id: digest }),
  "signed customer": await signed({ kind: "customer", id: "cus_1" }),
  "a signed viewer": await key(Role.VIEWER),
  "a signed editor": await key(Role.EDITOR),
  "a signed admin": await key(Role.ADMIN),
  "an editor of this area": await key(Role.EDITOR, ["catalog", "testing"]),
  "an editor of another area": await key(Role.EDITOR, ["catalog"]),
  "an admin, whose areas do not count": await key(Role.ADMIN, ["catalog"]),
  "a key without a role": await key(Role.UNSPECIFIED),
  "signed service": await signed({ kind: "service", id: "order" }),
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
  "a signed viewer": "staff:anna",
  "a signed editor": "staff:anna",
  "a signed admin": "staff:anna",
  "an editor of this area": "staff:anna",
  "an editor of another area": "staff:anna",
  "an admin, whose areas do not count": "staff:anna",
  "a key without a role": "staff:anna",
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

/** Keys that staff's methods refuse: those of EchoService have side effects. */
const tooSmall: Partial<Record<keyof typeof callers, string>> = {
  "a signed viewer": "ROLE_TOO_SMALL",
  "a key without a role": "ROLE_TOO_SMALL",
  "an editor of another area": "AREA_NOT_ALLOWED",
};

const matrix = (Object.keys(admitted) as MethodName[]).flatMap((method) =>
  (Object.keys(callers) as (keyof typeof callers)[]).map((caller) => {
    const kind = seenAs[caller].split(":")[0] ?? "";
    const want = admitted[method].includes(kind)
      ? ((method === "echo" ? undefined : tooSmall[caller]) ?? seenAs[caller])
      : kind === "none"
        ? "UNAUTHENTICATED"
        : "PERMISSION_DENIED";
    return { method, caller, want };
  }),
);

const forged = (await forgeries()).map(([name, value]): [string, Record<string, string>] => [
  `a principal ${name}`,
  { "rowlock-principal": value },
]);

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

  test.each<[string, Record<string, string>]>([
    ["a wrong bearer key", { authorization: "Bearer wrong" }],
    ["a key that begins right", { authorization: `Bearer ${testStaffKey}x` }],
    ["a wrong api key", { "x-api-key": "wrong" }],
    ["an empty api key", { "x-api-key": "" }],
    ["another scheme", { authorization: `Basic ${testStaffKey}` }],
    ["a wrong key beside a good token", { "x-api-key": "wrong", "rowlock-token": "token-1" }],
    ["a wrong principal beside a good key", { "rowlock-principal": "x", "x-api-key": testStaffKey }],
    ...forged,
  ])("%s is UNAUTHENTICATED, even where anyone may call", async (_, headers) => {
    const err = await failureOf(client.echo({ text: "x" }, { headers }));
    expect(err.code).toBe(Code.Unauthenticated);
    expect(reasonOf(err)).toBe("INVALID_CREDENTIALS");
    // Neither the key nor the principal may be told back.
    expect(err.message).not.toContain(testStaffKey);
  });
});

describe("a field that only services may set", () => {
  const client = createClient(
    EchoService,
    createDirectTransport({ services: [createEchoService()], interceptors: testInterceptors }),
  );
  const request = { text: "x", internalNote: "n" };

  test.each([
    ["nobody", {}],
    ["a guest", as.guest("token-1")],
    ["a customer", asPrincipal({ kind: "customer", id: "cus_1" })],
    ["staff", as.staff],
  ])("is refused from %s, alone or in a stream", async (_, options) => {
    const violations = (err: ConnectError) =>
      err.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
    const wanted = [{ field: "internal_note", description: "is for services only" }];
    expect(violations(await failureOf(client.echo(request, options)))).toMatchObject(wanted);
    async function* requests() {
      yield request;
    }
    expect(violations(await failureOf(client.collect(requests(), options)))).toMatchObject(wanted);
    expect((await client.echo({ text: "x", internalNote: "" }, options)).text).toBe("x");
  });

  test("is taken from a service", async () => {
    expect((await client.echo(request, as.service("order"))).text).toBe("x");
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
    ["staff that may only read", as.staffWith({ role: Role.VIEWER }), "ROLE_TOO_SMALL"],
    ["staff of another area", as.staffWith({ role: Role.EDITOR, areas: ["order"] }), "AREA_NOT_ALLOWED"],
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
