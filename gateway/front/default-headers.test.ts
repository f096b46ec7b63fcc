import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { addDefaultHeaders } from "./default-headers.ts";
import { serve } from "./testing/serve.ts";

const defaults = ["x-frame", "deny", "vary", "origin", "x-late", "no"];

test.each<[string, (response: ServerResponse) => void, { frame: string; vary: string }]>([
  ["a list of headers", (r) => r.writeHead(200, ["x-own", "1"]).end(), { frame: "deny", vary: "origin" }],
  [
    "an object of headers",
    (r) => r.writeHead(200, { "x-own": "1" }).end(),
    { frame: "deny", vary: "origin" },
  ],
  [
    "a reason and headers",
    (r) => r.writeHead(200, "Fine", { "x-own": "1" }).end(),
    { frame: "deny", vary: "origin" },
  ],
  ["headers set one by one", (r) => r.setHeader("x-own", "1").end(), { frame: "deny", vary: "origin" }],
  [
    "set one by one, then more",
    (r) => r.setHeader("X-Frame", "own").writeHead(200, { "x-own": "1" }).end(),
    { frame: "own", vary: "origin" },
  ],
  [
    "an answer with such headers of its own",
    (r) => r.writeHead(200, ["x-own", "1", "X-Frame", "own", "Vary", "accept"]).end(),
    { frame: "own", vary: "accept, origin" },
  ],
  [
    "the same, set one by one",
    (r) => r.setHeader("vary", "accept").setHeader("x-own", "1").setHeader("x-frame", "own").end(),
    { frame: "own", vary: "accept, origin" },
  ],
])("%s", async (_why, answer, want) => {
  await using served = await serve((_request, response) => {
    const headers = defaults.slice(0, 4);
    addDefaultHeaders(response, headers);
    headers.push("x-late", "no");
    answer(response);
  });
  const { headers, status } = await fetch(served.url);
  expect(status).toBe(200);
  expect(headers.get("x-own")).toBe("1");
  expect({ frame: headers.get("x-frame"), vary: headers.get("vary") }).toEqual(want);
  expect(headers.get("x-late")).toBe("no");
});

test("several values of one header stay several", async () => {
  await using served = await serve((_request, response) => {
    addDefaultHeaders(response, defaults);
    response.writeHead(200, { "set-cookie": ["a=1", "b=2"] }).end();
  });
  expect((await fetch(served.url)).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
});
