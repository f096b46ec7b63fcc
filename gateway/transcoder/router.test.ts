import { describe, expect, test } from "vitest";
import { BadInput } from "./bad-input.ts";
import { capture, Router } from "./router.ts";
import { parseTemplate } from "./template.ts";
import { Random } from "./testing/random.ts";
import { randomPath, randomRoute } from "./testing/random-paths.ts";
import { type Reference, type ReferenceRoute, referenceFind, writtenOut } from "./testing/reference.ts";

/** A router whose routes are named by `METHOD template`; answers that name and the captures of its variables. */
function routerOf(...routes: string[]) {
  const router = new Router<string>();
  for (const route of routes) {
    const [method = "", template = ""] = route.split(" ");
    router.add(method, parseTemplate(template), route);
  }
  return (method: string, path: string) => {
    const match = router.find(method, path);
    if (match.kind === "none") return "none";
    if (match.kind === "otherMethod") return `allow ${match.allow.join(", ")}`;
    const template = parseTemplate(match.route.split(" ")[1] ?? "");
    return [match.route, ...template.variables.map((variable) => capture(variable, match.segments))];
  };
}

const find = routerOf(
  "GET /v1/**",
  "GET /v1/{shelf}/books",
  "GET /v1/main/books",
  "POST /v1/main/books",
  "GET /v1/main/{name=**}:raw",
  "GET /v1/{a}/{b}/{c}",
  "DELETE /v1/{name=main/*}",
  "POST /v1/orders/{order_id}:cancel",
  "GET /v1/orders/{order_id}",
  "GET /v2/caf%C3%A9/{x}",
  "PURGE /v2/x",
  "* /v2/any",
  "GET /v2/any",
  "GET /v3/{name=a/*/c}",
  "GET /v3/{name=deep/**}",
  "GET /v4/{name=fixed/path}",
  "POST /v4/fixed/path:go",
  "GET /v4/fixed/**",
);

describe("find", () => {
  test.each([
    ["GET", "/v1/main/books", ["GET /v1/main/books"], "literal before *"],
    ["GET", "/v1/other/books", ["GET /v1/{shelf}/books", "other"], "* when no literal fits"],
    ["GET", "/v1/main/books/x/y", ["GET /v1/**"], "** when nothing else fits, after going back"],
    ["GET", "/v1/main/books/x", ["GET /v1/{a}/{b}/{c}", "main", "books", "x"], "back from literal to *"],
    ["POST", "/v1/main/books", ["POST /v1/main/books"], "the same path, another method"],
    ["DELETE", "/v1/main/books", ["DELETE /v1/{name=main/*}", "main/books"], "back because of the method"],
    ["GET", "/v1", ["GET /v1/**"], "** takes no segments"],
    ["GET", "/v1/", ["GET /v1/**"], "** takes an empty one"],
    ["GET", "/v1/main/books/", ["GET /v1/main/books"], "a trailing slash is optional"],
    ["GET", "/v1//books", ["GET /v1/**"], "* takes no empty segment"],
    ["GET", "/v1/orders/ord_1", ["GET /v1/orders/{order_id}", "ord_1"], "without a verb"],
    ["POST", "/v1/orders/ord_1:cancel", ["POST /v1/orders/{order_id}:cancel", "ord_1"], "with a verb"],
    ["POST", "/v1/orders/a:b:cancel", ["POST /v1/orders/{order_id}:cancel", "a:b"], "the last colon parts"],
    [
      "POST",
      "/v1/orders/ord_1:c%61ncel",
      ["POST /v1/orders/{order_id}:cancel", "ord_1"],
      "a verb is decoded",
    ],
    [
      "POST",
      "/v1/orders/ord_1:cancel/",
      ["POST /v1/orders/{order_id}:cancel", "ord_1"],
      "verb, then a slash",
    ],
    ["POST", "/v1/orders/ord_1%3Acancel", "allow GET, HEAD, OPTIONS", "an encoded colon parts nothing"],
    ["GET", "/v1/orders/ord_1:ship", ["GET /v1/orders/{order_id}", "ord_1:ship"], "unregistered: data"],
    [
      "GET",
      "/v1/orders/ord_1:cancel",
      ["GET /v1/orders/{order_id}", "ord_1:cancel"],
      "registered elsewhere: data",
    ],
    ["GET", "/v1/orders/a%2Fb", ["GET /v1/orders/{order_id}", "a/b"], "%2F in one segment is data"],
    ["GET", "/v1/orders/a%252Fb", ["GET /v1/orders/{order_id}", "a%2Fb"], "each octet is decoded once"],
    ["GET", "/v1/orders/a+b", ["GET /v1/orders/{order_id}", "a+b"], "a plus in a path is a plus"],
    ["GET", "/v1/orders/%E2%82%AC", ["GET /v1/orders/{order_id}", "€"], "UTF-8"],
    ["GET", "/v1/main/a/b:raw", ["GET /v1/main/{name=**}:raw", "a/b"], "** before a verb"],
    ["GET", "/v2/caf%c3%a9/1", ["GET /v2/caf%C3%A9/{x}", "1"], "an encoded literal in another spelling"],
    ["GET", "/v2/caf%C3%A9/1", ["GET /v2/caf%C3%A9/{x}", "1"], "an encoded literal as declared"],
    ["GET", "/%76%32/x/", "allow OPTIONS, PURGE", "literals match encoded; a custom kind is allowed"],
    ["HEAD", "/v1/main/books", ["GET /v1/main/books"], "HEAD is served by GET"],
    ["PUT", "/v2/any", ["* /v2/any"], "any method"],
    ["GET", "/v2/any", ["GET /v2/any"], "the named method before any method"],
    ["HEAD", "/v2/any", ["GET /v2/any"], "HEAD by GET before any method"],
    ["PUT", "/v1/main/books", "allow DELETE, GET, HEAD, OPTIONS, POST", "405 names methods of all that fit"],
    ["GET", "/v3/a/b/c", ["GET /v3/{name=a/*/c}", "a/b/c"], "a capture over several segments"],
    ["GET", "/v3/a/x%2Fy%20z/c", ["GET /v3/{name=a/*/c}", "a/x%2Fy z/c"], "it keeps %2F, decodes the rest"],
    ["GET", "/v3/deep/x%2fy", ["GET /v3/{name=deep/**}", "deep/x%2fy"], "%2f stays as it was spelled"],
    ["GET", "/v3/deep/x/", ["GET /v3/{name=deep/**}", "deep/x/"], "under ** a trailing slash is data"],
    ["GET", "/v3/deep/../x", ["GET /v3/{name=deep/**}", "deep/../x"], "dots are data, never resolved"],
    ["GET", "/v4/fixed/path", ["GET /v4/{name=fixed/path}", "fixed/path"], "a capture of literals alone"],
    ["POST", "/v4/fixed/path:go", ["POST /v4/fixed/path:go"], "literals alone, with a verb"],
    [
      "POST",
      "/v4/fixed/path%3Ago",
      "allow GET, HEAD, OPTIONS",
      "an encoded colon parts nothing there either",
    ],
    ["GET", "/v4/fixed/path:go", ["GET /v4/fixed/**"], "literals alone, back because of the method"],
    ["GET", "/v3/a/b", "none", "too short"],
    ["GET", "/nothing", "none", "no such path"],
    ["GET", "/V1/x", "none", "case matters"],
    ["GET", "", "none", "an empty path"],
    ["OPTIONS", "*", "none", "the asterisk form"],
    ["GET", "http://host/v1", "none", "the absolute form"],
  ])("%s %s → %j (%s)", (method, path, want, _why) => {
    expect(find(method, path)).toEqual(want);
  });

  test.each(["/v1/%", "/v1/%zz", "/v1/%ff", "/v1/x:%c3%28"])(
    "%s is refused: not percent-encoded UTF-8",
    (path) => {
      expect(() => find("GET", path)).toThrow(BadInput);
    },
  );

  test("the order of declaration does not matter", () => {
    const routes = ["GET /a/**", "GET /a/*", "GET /a/b", "GET /a/{x=c/d}", "POST /a/b"];
    for (const order of [routes, routes.toReversed()]) {
      const search = routerOf(...order);
      expect(search("GET", "/a/b")).toEqual(["GET /a/b"]);
      expect(search("GET", "/a/z")).toEqual(["GET /a/*"]);
      expect(search("GET", "/a/c/d")).toEqual(["GET /a/{x=c/d}", "c/d"]);
      expect(search("GET", "/a/c/e")).toEqual(["GET /a/**"]);
    }
  });
});

test.each([
  ["/a/{x}", "/a/{y}", true, "names do not tell routes apart"],
  ["/a/{x}", "/a/*", true, "a variable is its segments"],
  ["/a/{x=b/*}", "/a/b/{y}", true, "nor does where a variable starts"],
  ["/a/%62", "/a/b", true, "spellings of a literal"],
  ["/a/{x}:v", "/a/{x}", false, "a verb tells apart"],
  ["/a/**", "/a/*", false, "so do * and **"],
])("add %s then %s: taken is %j (%s)", (first, second, taken, _why) => {
  const router = new Router<string>();
  expect(router.add("GET", parseTemplate(first), "first")).toBeUndefined();
  expect(router.add("POST", parseTemplate(second), "other method")).toBeUndefined();
  expect(router.add("GET", parseTemplate(second), "second")).toBe(taken ? "first" : undefined);
});

describe("agrees with the reference matcher", () => {
  test("on hand-picked paths", () => {
    const routes = [
      { httpMethod: "GET", template: "/a/{x=b/**}" },
      { httpMethod: "GET", template: "/a/*" },
      { httpMethod: "POST", template: "/a/{y}:go" },
    ];
    const patterns = routes.map(writtenOut);
    const [deep, , go] = routes;
    expect(referenceFind(patterns, "GET", "/a/b/c%2Fd/%20")).toEqual({
      ...{ kind: "found", route: deep, captures: { x: "b/c%2Fd/ " } },
    });
    expect(referenceFind(patterns, "POST", "/a/c:go")).toEqual({
      kind: "found",
      route: go,
      captures: { y: "c" },
    });
    expect(referenceFind(patterns, "PUT", "/a/c:go")).toEqual({
      ...{ kind: "otherMethod", allow: ["GET", "HEAD", "OPTIONS", "POST"] },
    });
    expect(referenceFind(patterns, "GET", "/b")).toEqual({ kind: "none" });
    expect(referenceFind(patterns, "GET", "/%ff")).toEqual({ kind: "invalid" });
  });

  test.each([1, 2, 3, 4])("on random routes and paths, seed %i", (seed) => {
    const random = new Random(seed);
    const kinds = new Set<string>();
    for (let table = 0; table < 250; table++) {
      const router = new Router<ReferenceRoute>();
      const routes = Array.from({ length: 1 + random.below(12) }, () => randomRoute(random)).filter(
        (route) => router.add(route.httpMethod, parseTemplate(route.template), route) === undefined,
      );
      const patterns = routes.map(writtenOut);
      for (let i = 0; i < 40; i++) {
        const path = randomPath(random, random.pick(routes).template);
        const method = random.pick(["GET", "HEAD", "POST", "PUT", "DELETE"]);
        const want = referenceFind(patterns, method, path);
        kinds.add(want.kind);
        expect(found(router, method, path), `${method} ${path} in ${JSON.stringify(routes)}`).toEqual(want);
      }
    }
    // Every kind of end was met.
    expect([...kinds].sort()).toEqual(["found", "invalid", "none", "otherMethod"]);
  });

  function found(router: Router<ReferenceRoute>, method: string, path: string): Reference {
    try {
      const match = router.find(method, path);
      if (match.kind === "none") return match;
      if (match.kind === "otherMethod") return { kind: match.kind, allow: [...match.allow] };
      const { route, segments } = match;
      const { variables } = parseTemplate(route.template);
      const captures = variables.map((variable) => [
        variable.fieldPath.join("."),
        capture(variable, segments),
      ]);
      return { kind: "found", route, captures: Object.fromEntries(captures) };
    } catch (err) {
      if (err instanceof BadInput) return { kind: "invalid" };
      throw err;
    }
  }
});
