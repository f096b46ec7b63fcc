import { describe, expect, test } from "vitest";
import { startHarness } from "../test/harness.ts";
import { parseFlatForm, parseForm } from "./form.ts";
import { Router } from "./router.ts";

describe("parseForm", () => {
  test.each([
    ["a=1&b=x%20y&c=p+q", { a: "1", b: "x y", c: "p q" }],
    ["a[b][c]=1&a[b][d]=2", { a: { b: { c: "1", d: "2" } } }],
    ["expand[0]=x&expand[1]=y", { expand: ["x", "y"] }],
    ["expand[]=x&expand[]=y", { expand: ["x", "y"] }],
    ["a%5Bb%5D=1", { a: { b: "1" } }],
    ["a=1&a=2", { a: "2" }],
    ["a", { a: "" }],
    ["", {}],
  ])("%s", (text, value) => {
    expect(JSON.parse(JSON.stringify(parseForm(text)))).toEqual(value);
  });

  test.each([
    ["a=%", "a broken escape"],
    ["a=1&a[b]=2", "a value that becomes a group"],
    ["a[b]=1&a=2", "a group that becomes a value"],
    ["a[b=1", "an open bracket"],
    ["[a]=1", "no name"],
    [`a${"[b]".repeat(10)}=1`, "eleven levels"],
  ])("%s cannot be read: %s", (text) => {
    expect(parseForm(text)).toBeUndefined();
  });

  test("names of Object's own properties are only names", () => {
    const form = parseForm("__proto__[x]=1&constructor[prototype][y]=2");
    expect(Object.keys(form ?? {})).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("a flat form keeps repeated names", () => {
    expect(parseFlatForm("M=a&M=b&To=%2B1")).toEqual(
      new Map([
        ["M", ["a", "b"]],
        ["To", ["+1"]],
      ]),
    );
    expect(parseFlatForm("a=%zz")).toBeUndefined();
  });
});

describe("Router", () => {
  const router = new Router<string>();
  router.add("GET", "/a/:id", "one");
  router.add("GET", "/a/all", "all");
  router.add("POST", "/a/:id/:verb", "verb");

  test.each([
    ["GET", "/a/all", { handler: "all", params: {} }],
    ["GET", "/a/x%2Fy", { handler: "one", params: { id: "x/y" } }],
    ["GET", "/a/x/", { handler: "one", params: { id: "x" } }],
    ["POST", "/a/x/go", { handler: "verb", params: { id: "x", verb: "go" } }],
    ["POST", "/a/x", undefined],
    ["GET", "/a/%", undefined],
  ])("%s %s", (method, path, match) => {
    expect(router.match(method, path)).toEqual(match);
  });

  test("a route defined twice is an error", () => {
    expect(() => router.add("GET", "/a/all", "again")).toThrow("twice");
  });
});

test("a body that is too large is refused in the vendor's words", async () => {
  await using sandbox = await startHarness();
  const big = "x".repeat(2_000_001);
  const post = async (path: string) => {
    const answer = await fetch(sandbox.url + path, { method: "POST", body: big }).catch(() => undefined);
    // The connection may be closed while the body is still on its way.
    return answer?.status ?? 413;
  };
  expect(await post("/v1/customers")).toBe(413);
  expect(await post("/shipments")).toBe(413);
  expect((await sandbox.stripe.customers.list()).data).toEqual([]);
});
