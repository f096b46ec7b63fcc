import { describe, expect, test } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { describeRoutes } from "./routes.ts";
import { adHocService, get, type RuleInit } from "./testing/ad-hoc.ts";
import { ShelfService } from "./testing/shelf.ts";

test("describes every binding in the order of declaration", () => {
  const routes = describeRoutes([EchoService, ShelfService]);
  expect(routes.slice(0, 2)).toMatchObject([
    {
      httpMethod: "POST",
      template: "/v1/echo",
      method: EchoService.method.echo,
      body: "*",
      streaming: false,
    },
    { httpMethod: "GET", template: "/v1/echo/{text}", body: "", streaming: true },
  ]);
  const list = routes.map((route) => `${route.httpMethod} ${route.template}`);
  expect(list).toContain("PURGE /v1/shelves/{shelf}");
  expect(list.indexOf("GET /v1/books/{name}")).toBe(list.indexOf("GET /v1/{name=shelves/*/books/*}") + 1);
  expect(routes.find((route) => route.template === "/v1/{name=shelves/*/books/*}")).toMatchObject({
    variables: [{ field: "name", multi: true }],
  });
  expect(routes.find((route) => route.template === "/v1/books/{name}:lend")).toMatchObject({ verb: "lend" });
  expect(routes.find((route) => route.responseBody !== "")).toMatchObject({ responseBody: "books" });
  expect(routes.some((route) => route.method.name === "Unrouted")).toBe(false);
});

test.each([
  [
    { A: get("/a/{name}"), B: get("/a/{other}") },
    ["test.Svc/B", "test.Svc/A"],
    "the same route twice: both are named",
  ],
  [{ A: get("/a/{nope}") }, ["test.Svc/A", "nope"], "an unknown field"],
  [{ A: get("/a/{child.nope}") }, ["test.Svc/A", "child.nope"], "an unknown nested field"],
  [{ A: get("/a/{name.x}") }, ["test.Svc/A", "name.x"], "a field of a scalar"],
  [{ A: get("/a/{child}") }, ["test.Svc/A", "child"], "a message is no path variable"],
  [{ A: get("/a/{tags}") }, ["test.Svc/A", "tags"], "nor is a list"],
  [{ A: get("/a/**/b") }, ["test.Svc/A", "column"], "an invalid template"],
  [{ A: get("/a", { body: "nope" }) }, ["test.Svc/A", "nope"], "an unknown body field"],
  [{ A: get("/a/{name}", { body: "name" }) }, ["test.Svc/A", "both path and body"], "bound twice"],
  [{ A: get("/a", { responseBody: "nope" }) }, ["test.Svc/A", "nope"], "an unknown response_body"],
  [{ A: {} }, ["test.Svc/A", "no pattern"], "no pattern"],
  [
    { A: { pattern: { case: "custom" as const, value: { kind: "A B", path: "/a" } } } },
    ["test.Svc/A", "A B"],
    "a custom kind that is no HTTP method",
  ],
  [
    { A: get("/a", { additionalBindings: [get("/b", { additionalBindings: [get("/c")] })] }) },
    ["test.Svc/A", "nest"],
    "nested additional_bindings",
  ],
  [{ A: get("/a", { additionalBindings: [get("/a")] }) }, ["test.Svc/A"], "a method at odds with itself"],
  [
    { A: { rule: get("/a"), clientStreaming: true } },
    ["test.Svc/A", "body"],
    "a request stream without a body",
  ],
  [{ A: get("/a/{one}/{two}") }, ["test.Svc/A", "one and two", "choice"], "two variables of one oneof"],
  [{ A: get("/a/{one}", { body: "two" }) }, ["test.Svc/A", "one and two"], "variable and body of one oneof"],
  [
    { A: get("/a/{time}/{time.seconds}") },
    ["test.Svc/A", "time and time.seconds", "part"],
    "a field and its part",
  ],
  [
    { A: get("/a/{wrapped.value}") },
    ["test.Svc/A", "wrapped.value"],
    "the inside of a wrapper; bind the wrapper",
  ],
  [
    { A: { pattern: { case: "custom" as const, value: { kind: "FROB", path: "/a" } } } },
    ["test.Svc/A", "FROB"],
    "a custom kind that node:http refuses before anyone is asked",
  ],
  [
    { A: { pattern: { case: "custom" as const, value: { kind: "CONNECT", path: "/a" } } } },
    ["test.Svc/A", "CONNECT"],
    "one that is no request",
  ],
])("refuses %j, naming %j (%s)", (methods, parts, _why) => {
  const thrown = catchError(() => describeRoutes([adHocService(methods)]));
  for (const part of parts) expect(thrown).toContain(part);
});

function catchError(run: () => unknown): string {
  try {
    run();
  } catch (err) {
    return err instanceof Error && err.name === "RuleError" ? err.message : `not a RuleError: ${String(err)}`;
  }
  return "nothing thrown";
}

test("what can be bound together is: a resource and its name, a oneof's member beside others", () => {
  const services = [
    adHocService({
      A: get("/a/{child.name}", { body: "child" }),
      B: get("/b/{one}/{name}", { body: "child" }),
      C: { rule: get("/c", { body: "*" }), clientStreaming: true },
      D: get("/d/{wrapped}/{time}"),
    }),
  ];
  expect(describeRoutes(services).map(({ clientStreaming }) => clientStreaming)).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

describe("rules of a service configuration", () => {
  const services = [adHocService({ A: get("/a"), B: get("/b") })];
  const templates = (rules: RuleInit[]) =>
    describeRoutes(services, { http: { rules } }).map(({ method, template }) => `${method.name} ${template}`);

  test.each<[RuleInit[], string[], string]>([
    [[], ["A /a", "B /b"], "none"],
    [[{ selector: "test.Svc.A", ...get("/x") }], ["A /x", "B /b"], "one takes the place of the option"],
    [
      [
        { selector: "test.Svc.A", ...get("/x") },
        { selector: "test.Svc.A", ...get("/y", { additionalBindings: [get("/z")] }) },
      ],
      ["A /y", "A /z", "B /b"],
      "the last one wins",
    ],
  ])("%#: %j (%s)", (rules, want, _why) => {
    expect(templates(rules)).toEqual(want);
  });

  test("one that selects nothing is an error, and so is one that clashes", () => {
    expect(catchError(() => templates([{ selector: "test.Svc.Nope", ...get("/x") }]))).toContain(
      "test.Svc.Nope",
    );
    const clash = catchError(() => templates([{ selector: "test.Svc.A", ...get("/b") }]));
    for (const name of ["test.Svc/A", "test.Svc/B"]) expect(clash).toContain(name);
  });
});
