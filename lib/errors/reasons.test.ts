import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { codeName } from "./codes.ts";
import { toPublicError } from "./public-error.ts";
import { defineReasons, errorInfo, invalidArgument, reasonOf } from "./reasons.ts";

const fail = defineReasons({
  ORDER_NOT_FOUND: { code: Code.NotFound, message: "order {order_id} does not exist" },
  SHORTAGE: { code: Code.Aborted, message: "{sku}: {requested} requested, {available} left" },
} as const);

describe("defineReasons", () => {
  test("carries one ErrorInfo with reason, domain and metadata", () => {
    const err = fail("ORDER_NOT_FOUND", { order_id: "ord_1", cart_id: "cart_2" });
    expect(err.code).toBe(Code.NotFound);
    expect(err.rawMessage).toBe("order ord_1 does not exist");
    expect(err.findDetails(ErrorInfoSchema)).toHaveLength(1);
    expect(errorInfo(err)).toMatchObject({
      reason: "ORDER_NOT_FOUND",
      domain: "rowlock.dev",
      metadata: { order_id: "ord_1", cart_id: "cart_2" },
    });
  });

  test("keeps the cause and adds the details", () => {
    const cause = new Error("boom");
    const err = fail(
      "SHORTAGE",
      { sku: "A", requested: "2", available: "1" },
      { cause, details: [{ desc: RetryInfoSchema, value: { retryDelay: { seconds: 3n } } }] },
    );
    expect(err.cause).toBe(cause);
    expect(err.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(3n);
  });

  test.each([
    ["a variable is missing", { sku: "A", requested: "2" }],
    ["a variable is only inherited", Object.create({ sku: "A", requested: "2", available: "1" })],
  ])("refuses when %s", (_, metadata) => {
    expect(() => fail("SHORTAGE", metadata)).toThrow(TypeError);
  });

  test("shows its catalogue", () => {
    expect(fail.reasons.ORDER_NOT_FOUND).toEqual({
      code: Code.NotFound,
      message: "order {order_id} does not exist",
    });
  });

  test("does not expand variables that stand in the values", () => {
    const err = fail("SHORTAGE", { sku: "{requested}", requested: "2", available: "1" });
    expect(err.rawMessage).toBe("{requested}: 2 requested, 1 left");
  });
});

describe("reasonOf", () => {
  test.each([
    ["a typed error", fail("ORDER_NOT_FOUND", { order_id: "x" }), "ORDER_NOT_FOUND"],
    ["a ConnectError without details", new ConnectError("x", Code.NotFound), undefined],
    ["an ordinary error", new Error("x"), undefined],
    ["nothing", undefined, undefined],
  ])("%s", (_, err, want) => {
    expect(reasonOf(err)).toBe(want);
  });
});

describe("invalidArgument", () => {
  test("names every field, and the first in the message", () => {
    const err = invalidArgument([
      { field: "lines[0].quantity", description: "must be greater than 0" },
      { field: "email", description: "must be an e-mail address" },
    ]);
    expect(err.code).toBe(Code.InvalidArgument);
    expect(err.rawMessage).toBe("lines[0].quantity: must be greater than 0");
    expect(errorInfo(err)).toMatchObject({
      reason: "INVALID_ARGUMENT",
      metadata: { field: "lines[0].quantity", description: "must be greater than 0" },
    });
    expect(err.findDetails(BadRequestSchema)[0]?.fieldViolations).toMatchObject([
      { field: "lines[0].quantity" },
      { field: "email", description: "must be an e-mail address" },
    ]);
  });

  test("stays small enough for trailers", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => ({
      field: `lines[${i}]`,
      description: "is wrong",
    }));
    expect(invalidArgument(many).findDetails(BadRequestSchema)[0]?.fieldViolations).toHaveLength(30);
  });
});

describe("toPublicError", () => {
  const typed = fail("ORDER_NOT_FOUND", { order_id: "x" });
  test("lets a typed error pass as it is", () => {
    expect(toPublicError(typed)).toBe(typed);
  });

  test("gives a ConnectError without a reason one, and keeps its other details", () => {
    const plain = new ConnectError("slow down", Code.ResourceExhausted, { "retry-after": "1" }, [
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n } } },
    ]);
    const shown = toPublicError(plain);
    expect(reasonOf(shown)).toBe("RESOURCE_EXHAUSTED");
    expect(shown.rawMessage).toBe("slow down");
    expect(shown.metadata.get("retry-after")).toBe("1");
    expect(shown.findDetails(RetryInfoSchema)).toHaveLength(1);
  });

  test.each([
    ["an abort", Object.assign(new Error("secret"), { name: "AbortError" }), Code.Canceled, "CANCELLED"],
    [
      "a timeout",
      Object.assign(new Error("secret"), { name: "TimeoutError" }),
      Code.DeadlineExceeded,
      "DEADLINE_EXCEEDED",
    ],
    [
      "a database that is gone",
      Object.assign(new Error("secret"), { name: "DatabaseUnavailable" }),
      Code.Unavailable,
      "DATABASE_UNAVAILABLE",
    ],
    ["a fault", new Error("secret"), Code.Internal, "INTERNAL"],
    ["a thrown string", "secret", Code.Internal, "INTERNAL"],
    ["a thrown undefined", undefined, Code.Internal, "INTERNAL"],
  ])("%s: its text stays inside, its cause is kept", (_, thrown, code, reason) => {
    const shown = toPublicError(thrown);
    expect(shown.code).toBe(code);
    expect(reasonOf(shown)).toBe(reason);
    expect(shown.message).not.toContain("secret");
    expect(shown.cause).toBe(thrown);
  });
});

test.each([
  [Code.Canceled, "CANCELLED"],
  [Code.NotFound, "NOT_FOUND"],
  [Code.Unauthenticated, "UNAUTHENTICATED"],
  [99 as Code, "UNKNOWN"],
])("codeName(%s) is %s", (code, want) => {
  expect(codeName(code)).toBe(want);
});
