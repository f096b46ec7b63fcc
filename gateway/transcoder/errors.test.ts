import { create, createRegistry, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import {
  BadRequestSchema,
  DebugInfoSchema,
  ErrorInfoSchema,
  file_google_rpc_error_details,
  RetryInfoSchema,
} from "../../gen/google/rpc/error_details_pb.js";
import { MoneySchema } from "../../gen/rowlock/type/v1/money_pb.js";
import { BadInput } from "./bad-input.ts";
import { createErrorRenderer } from "./errors.ts";
import { httpStatus } from "./http-status.ts";
import { createJsonWriter } from "./json-write.ts";

const registry = createRegistry(file_google_rpc_error_details);
const writer = createJsonWriter({ registry, emitDefaults: false });
const renderer = createErrorRenderer({
  registry,
  writer: createJsonWriter({ registry, emitDefaults: true }),
  standardWriter: writer,
  realm: "shop",
});
const render = (err: unknown) => renderer.render(err);

const info = {
  desc: ErrorInfoSchema,
  value: { reason: "SHORTAGE", domain: "rowlock.dev", metadata: { sku: "A" } },
};
const infoJson = {
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  ...{ reason: "SHORTAGE", domain: "rowlock.dev", metadata: { sku: "A" } },
};

/** The same error as it is after a wire. */
function received(error: ConnectError): ConnectError {
  const copy = new ConnectError(error.rawMessage, error.code);
  copy.details = error.details.map((detail) =>
    "desc" in detail
      ? { type: detail.desc.typeName, value: toBinary(detail.desc, create(detail.desc, detail.value)) }
      : detail,
  );
  return copy;
}

const shortage = new ConnectError('2 of "A" left', Code.Aborted, undefined, [info]);

test.each([
  ["made in this process", shortage],
  ["off a wire", received(shortage)],
])("the shape of an error %s", (_, error) => {
  const { status, body } = render(error);
  expect(status).toBe(409);
  expect(JSON.parse(body)).toEqual({
    error: { code: 409, status: "ABORTED", message: '2 of "A" left', details: [infoJson] },
  });
});

test.each([
  [new Error("secret"), "an ordinary error"],
  ["secret", "a thrown string"],
  [undefined, "nothing at all"],
  [new ConnectError("secret", Code.Unknown, undefined, [info]), "an unknown one, whatever its details"],
  [new ConnectError("secret", Code.Internal, undefined, [info]), "an internal one"],
  [new ConnectError("secret", Code.DataLoss, undefined, [info]), "data loss"],
])("%#: a bare 500 (%s)", (error, _why) => {
  const { status, body } = render(error);
  expect(status).toBe(500);
  expect(JSON.parse(body)).toEqual({
    error: {
      ...{ code: 500, status: "INTERNAL", message: "internal error" },
      details: [{ "@type": infoJson["@type"], reason: "INTERNAL", domain: "rowlock.dev" }],
    },
  });
});

test("words of a transport that cannot reach a service stay inside; a service's own do not", () => {
  expect(
    render(new ConnectError("connect ECONNREFUSED 10.0.0.7:50051", Code.Unavailable)).body,
  ).not.toContain("10.0");
  expect(render(new ConnectError("closed for tonight", Code.Unavailable, undefined, [info])).body).toContain(
    "tonight",
  );
});

test.each([
  [{ desc: DebugInfoSchema, value: { detail: "secret" } }, "DebugInfo is for developers of the service"],
  [{ type: MoneySchema.typeName, value: new Uint8Array() }, "a type that the registry does not know"],
  [{ type: BadRequestSchema.typeName, value: new Uint8Array([255]) }, "bytes that are no such message"],
])("%#: a detail is left out (%s)", (detail, _why) => {
  const error = new ConnectError("x", Code.NotFound, undefined, [info]);
  error.details.push(detail);
  expect(JSON.parse(render(error).body)).toMatchObject({ error: { details: [infoJson] } });
  expect((JSON.parse(render(error).body) as { error: { details: [] } }).error.details).toHaveLength(1);
});

test.each([
  [
    Code.Unauthenticated,
    undefined,
    ["www-authenticate", 'Bearer realm="shop"'],
    "401 says how to authenticate",
  ],
  [Code.ResourceExhausted, [2, 1], ["retry-after", "3"], "rounded up"],
  [Code.Unavailable, [0, 0], ["retry-after", "0"], "at once"],
  [Code.NotFound, undefined, [], "nothing to say"],
])("headers of code %s with RetryInfo %j: %j (%s)", (code, delay, want, _why) => {
  const [seconds = 0, nanos = 0] = delay ?? [];
  const retryDelay = { seconds: BigInt(seconds), nanos };
  const retry = delay === undefined ? [] : [{ desc: RetryInfoSchema, value: { retryDelay } }];
  expect(render(new ConnectError("x", code, undefined, [info, ...retry])).headers).toEqual(want);
});

test("bad input is INVALID_ARGUMENT with the violation", () => {
  const { status, body } = render(new BadInput("must be a string", "lines[0].sku"));
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({
    error: {
      status: "INVALID_ARGUMENT",
      details: [
        { reason: "INVALID_ARGUMENT" },
        { fieldViolations: [{ field: "lines[0].sku", description: "must be a string" }] },
      ],
    },
  });
});

test("every code has a status of the 4xx or 5xx kind", () => {
  const codes = Object.values(Code).filter((code) => typeof code === "number");
  expect(codes).toHaveLength(16);
  for (const code of codes) expect([4, 5]).toContain(Math.floor(httpStatus(code) / 100));
});
