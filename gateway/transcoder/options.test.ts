import { request } from "node:http";
import { Code, ConnectError, createContextKey, createContextValues } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import type { AnsweredError } from "./options.ts";
import { adHocService, get } from "./testing/ad-hoc.ts";
import { echoHandlers, fakeTransport, json, send, serveShelf } from "./testing/serve.ts";
import { createTranscoder } from "./transcoder.ts";

describe("metadata", () => {
  test("what is passed on, and what is not", async () => {
    await using serving = await serveShelf();
    const passed = {
      authorization: "Bearer k",
      "rowlock-token": "t",
      "x-api-key": "k",
      traceparent: "00-1-2-01",
    };
    const kept = { "rowlock-principal": "forged", cookie: "a=b", "grpc-encoding": "gzip", te: "trailers" };
    const headers = { ...passed, ...kept, "x-request-id": "req-1" };
    // fetch does not send TE; node:http does.
    await new Promise((resolve) => request(`${serving.url}/v1/books/b`, { headers }, resolve).end());
    const [call] = serving.transport.calls;
    expect(Object.fromEntries(call?.header ?? [])).toEqual({ ...passed, "x-request-id": "req-1" });
    expect(call?.timeoutMs).toBe(30_000);
  });

  test.each([
    ["abc-1", "abc-1", "usable: kept"],
    ["a b", "new", "a space"],
    ["x".repeat(200), "new", "too long"],
    [undefined, "new", "none"],
  ])("x-request-id %s → %s (%s)", async (given, want, _why) => {
    await using serving = await serveShelf(echoHandlers, { createRequestId: () => "new" });
    const answer = await serving.fetch("/v1/books/b", {
      headers: given === undefined ? {} : { "x-request-id": given },
    });
    expect(answer.headers.get("x-request-id")).toBe(want);
    expect(serving.transport.calls[0]?.header.get("x-request-id")).toBe(want);
  });

  test.each<[string, string | undefined, Record<string, string>, object, string]>([
    [
      "POST /v1/books/b:lend",
      "{}",
      { "idempotency-key": "k" },
      { requestId: "k" },
      "the key is the request_id",
    ],
    ["POST /v1/books/b:lend", "{}", { "idempotency-key": '"k"' }, { requestId: "k" }, "also quoted"],
    [
      "POST /v1/books/b:lend",
      '{"requestId":"k"}',
      { "idempotency-key": "k" },
      { requestId: "k" },
      "both alike",
    ],
    ["DELETE /v1/books/b", undefined, { "idempotency-key": "k" }, { name: "b" }, "no field for it: ignored"],
    ["DELETE /v1/books/b", undefined, { "if-match": '"e"' }, { etag: "e" }, "If-Match becomes etag"],
    ["PATCH /v1/books/b", '{"title":"t"}', { "if-match": '"e"' }, { book: { etag: "e" } }, "the body's etag"],
  ])("%s %s with %j calls with %j (%s)", async (line, body, headers, want, _why) => {
    await using serving = await serveShelf();
    expect((await send(serving, line, body, { ...json, ...headers })).status).toBe(200);
    expect(serving.transport.calls).toMatchObject([{ message: want }]);
  });

  test.each<[string, string | undefined, Record<string, string>, string, string]>([
    ["POST /v1/books/b:lend", '{"requestId":"j"}', { "idempotency-key": "k" }, "request_id", "two keys"],
    ["DELETE /v1/books/b?etag=f", undefined, { "if-match": '"e"' }, "etag", "two etags"],
    ["GET /v1/books/b", undefined, { "request-timeout": "x" }, "request-timeout", "no number"],
    ["GET /v1/books/b", undefined, { authorization: "Bearer \xe9" }, "authorization", "no metadata"],
  ])("%s %s with %j is refused for %s (%s)", async (line, body, headers, field, _why) => {
    await using serving = await serveShelf();
    const answer = await send(serving, line, body, { ...json, ...headers });
    expect(answer.status).toBe(400);
    expect(answer.json.error.details[1].fieldViolations[0].field).toBe(field);
    expect(serving.transport.calls).toEqual([]);
  });
});

describe("options", () => {
  test("prepare sees the call before its body, may change metadata, give context values, and refuse", async () => {
    const key = createContextKey("nobody");
    await using serving = await serveShelf(echoHandlers, {
      prepare: async ({ request: { headers }, method, metadata }) => {
        if (headers.authorization === undefined) throw new ConnectError("who?", Code.Unauthenticated);
        metadata["rowlock-principal"] = `${method.name} by staff`;
        return createContextValues().set(key, "staff");
      },
    });
    // The body is malformed and would be refused; the stranger is refused first.
    const refused = await send(serving, "POST /v1/books/b:lend", "{");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="rowlock"');
    const answer = await send(serving, "POST /v1/books/b:lend", "{}", { ...json, authorization: "Bearer k" });
    expect(answer.status).toBe(200);
    const [call] = serving.transport.calls;
    expect(call?.header.get("rowlock-principal")).toBe("LendBook by staff");
    expect(call?.contextValues?.get(key)).toBe("staff");
  });

  test("fallback gets the paths that no route has, and only them", async () => {
    await using serving = await serveShelf(echoHandlers, { fallback: (_, response) => response.end("docs") });
    expect(await (await serving.fetch("/docs")).text()).toBe("docs");
    expect((await serving.fetch("/v1/books/b", { method: "PUT" })).status).toBe(405);
  });

  test("onError hears the cause that the client does not", async () => {
    const cause = new Error("db down at 10.0.0.7");
    const heard: AnsweredError[] = [];
    await using serving = await serveShelf(
      { GetBook: () => Promise.reject(cause) },
      { onError: (answered) => heard.push(answered) },
    );
    const answer = await send(serving, "GET /v1/books/b");
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.json)).not.toContain("10.0");
    expect(heard).toMatchObject([{ error: cause, status: 500, method: { name: "GetBook" } }]);
  });

  test("start-up fails on routes that clash and on headers that must not be forwarded", () => {
    const services = [adHocService({ A: get("/a/*"), B: get("/a/{name}") })];
    const transport = fakeTransport({});
    expect(() => createTranscoder({ services, transport })).toThrow(/test\.Svc\/B.*test\.Svc\/A/);
    expect(() =>
      createTranscoder({ services: [], transport, forwardHeaders: ["rowlock-principal"] }),
    ).toThrow(TypeError);
  });
});
