import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { buildImageArguments, shelfImage } from "./testing/image.ts";
import { fakeTransport, json, listen, send, serveShelf } from "./testing/serve.ts";
import { ShelfService } from "./testing/shelf.ts";
import { createTranscoder } from "./transcoder.ts";

test("the committed image is what shelf.proto compiles to", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shelf-"));
  try {
    const output = join(folder, "shelf.binpb");
    await promisify(execFile)("node_modules/.bin/buf", buildImageArguments(output));
    expect((await readFile(output)).equals(await readFile(shelfImage))).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("requests that reach a service", () => {
  test.each<[string, string | undefined, string, object, string]>([
    [
      "GET /v1/shelves/a/books/b",
      undefined,
      "GetBook",
      { name: "shelves/a/books/b" },
      "a multi-segment variable",
    ],
    ["GET /v1/books/b%2Fc", undefined, "GetBook", { name: "b/c" }, "an additional binding"],
    [
      "GET /v1/shelves/s/books?page_size=5&status=STATUS_LENT",
      undefined,
      "ListBooks",
      { shelf: "s", pageSize: 5, status: 2 },
      "query",
    ],
    [
      "GET /v1/shelves/s/books?author.fullName=x+y",
      undefined,
      "ListBooks",
      { author: { fullName: "x y" } },
      "nested query",
    ],
    ["GET /v1/shelves/s/books?", undefined, "ListBooks", { shelf: "s" }, "an empty query"],
    [
      "POST /v1/shelves/s/books",
      '{"title":"t","price":12}',
      "CreateBook",
      { shelf: "s", book: { title: "t", price: 12n } },
      "a field as body",
    ],
    [
      "POST /v1/shelves/s/books?validateOnly=true",
      "{}",
      "CreateBook",
      { validateOnly: true },
      "query beside a body",
    ],
    ["POST /v1/shelves/s/books", undefined, "CreateBook", { shelf: "s" }, "a body left out"],
    [
      "POST /v1/books/b:lend",
      '{"reader":"r"}',
      "LendBook",
      { name: "b", reader: "r" },
      "body * and a path variable",
    ],
    ["POST /v1/books/b:lend", '{"name":"b"}', "LendBook", { name: "b" }, "which the body may repeat"],
    ["POST /v1/books/b:lend", "", "LendBook", { name: "b" }, "an empty body is an empty message"],
    ["PUT /v1/books/b/tags", '["x","y"]', "ReplaceTags", { name: "b", tags: ["x", "y"] }, "a list as body"],
    ["DELETE /v1/books/b?etag=e", undefined, "DeleteBook", { name: "b", etag: "e" }, "DELETE"],
    ["PURGE /v1/shelves/s", undefined, "PurgeShelf", { shelf: "s" }, "a custom kind"],
    ["PUT /v1/any/x", undefined, "Anything", { name: "x" }, "any method"],
    [
      "GET /v1/everything/9007199254740993/STATUS_LENT/1970-01-01T00:00:01Z",
      undefined,
      "EchoEverything",
      { int64: 9007199254740993n, status: 2, time: { seconds: 1n } },
      "typed variables",
    ],
  ])("%s %s calls %s with %o (%s)", async (line, body, method, want, _why) => {
    await using serving = await serveShelf();
    const { status } = await send(serving, line, body);
    expect(status).toBe(200);
    expect(serving.transport.calls).toMatchObject([{ method, message: want }]);
  });

  test.each<[string, string, string[] | undefined, string]>([
    [
      "/v1/books/b",
      '{"title":"t","author":{"fullName":"x"}}',
      ["title", "author.full_name"],
      "from what the body has",
    ],
    [
      "/v1/books/b",
      '{"name":"b","etag":"e","pages":0}',
      ["pages"],
      "without the name the path gives, and the etag",
    ],
    ["/v1/books/b?updateMask=tags", '{"title":"t"}', ["tags"], "one that is given stays"],
    ["/v1/books/b", "{}", undefined, "nothing to infer from"],
  ])("PATCH %s %s: mask %j (%s)", async (path, body, want, _why) => {
    await using serving = await serveShelf();
    expect((await send(serving, `PATCH ${path}`, body)).status).toBe(200);
    const { message } = serving.transport.calls[0] ?? {};
    expect((message?.["updateMask"] as { paths: string[] } | undefined)?.paths).toEqual(want);
  });
});

describe("refused before any service is called", () => {
  test.each<[string, string | undefined, number, string, string, string]>([
    ["GET /nope", undefined, 404, "NOT_FOUND", "ROUTE_NOT_FOUND", "no such path"],
    ["PUT /v1/books/b", undefined, 405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED", "no such method there"],
    ["GET /v1/books/%ff", undefined, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "a path that is not UTF-8"],
    ["GET /v1/books/b?nam=x", undefined, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "an unknown parameter"],
    ["GET /v1/books/b?name=x", undefined, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "overriding the path"],
    [
      "POST /v1/books/b:lend",
      '{"name":"c"}',
      400,
      "INVALID_ARGUMENT",
      "INVALID_ARGUMENT",
      "contradicting the path",
    ],
    [
      "POST /v1/books/b:lend?reader=r",
      "{}",
      400,
      "INVALID_ARGUMENT",
      "INVALID_ARGUMENT",
      "a query beside body *",
    ],
    ["POST /v1/books/b:lend", "{", 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "malformed JSON"],
    ["POST /v1/books/b:lend", '{"reader":1}', 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "a wrong type"],
    ["POST /v1/books/b:lend", '{"extra":1}', 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "an unknown field"],
    ["DELETE /v1/books/b", "{}", 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "a body where none is taken"],
    [
      "GET /v1/everything/x/1/1970-01-01T00:00:01Z",
      undefined,
      400,
      "INVALID_ARGUMENT",
      "INVALID_ARGUMENT",
      "a variable's type",
    ],
  ])("%s %s → %i %s %s (%s)", async (line, body, status, name, reason, _why) => {
    await using serving = await serveShelf();
    const answer = await send(serving, line, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.json).toMatchObject({ error: { code: status, status: name } });
    expect(answer.json.error.details[0]).toMatchObject({ reason, domain: "rowlock.dev" });
    expect(serving.transport.calls).toEqual([]);
  });

  test("the violation names the field as the client spelled it", async () => {
    await using serving = await serveShelf();
    const { json: answer } = await send(serving, "POST /v1/shelves/s/books", '{"author":{"birthYear":"x"}}');
    expect(answer.error.details[1].fieldViolations[0].field).toBe("book.author.birthYear");
  });

  test.each([
    ["text/plain", 415, "another type"],
    ["application/x-www-form-urlencoded", 415, "a form"],
    ["application/json; charset=iso-8859-1", 415, "another charset"],
    ["application/jsonx", 415, "nearly"],
    ["application/json;charset=UTF-8", 200, "with the only charset"],
    ["application/merge-patch+json", 200, "a JSON-based type"],
    [undefined, 200, "none"],
  ])("a body of type %s → %i (%s)", async (type, status, _why) => {
    await using serving = await serveShelf();
    const body = new TextEncoder().encode('{"reader":"r"}');
    const answer = await serving.fetch("/v1/books/b:lend", {
      ...{ method: "POST", body },
      headers: type === undefined ? {} : { "content-type": type },
    });
    expect(answer.status).toBe(status);
  });

  test.each(["deflate", "zstd", "gzip, br", "nonsense"])(
    "a body coded as %s → 415, saying what is read",
    async (coding) => {
      await using serving = await serveShelf();
      const answer = await send(serving, "POST /v1/books/b:lend", "x", {
        ...json,
        "content-encoding": coding,
      });
      expect(answer.status).toBe(415);
      expect(answer.headers.get("accept-encoding")).toBe("br, gzip, identity");
    },
  );

  test("a body that is not UTF-8 → 400", async () => {
    await using serving = await serveShelf();
    const body = Buffer.concat([Buffer.from('{"reader":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const answer = await serving.fetch("/v1/books/b:lend", { method: "POST", body, headers: json });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("UTF-8");
  });

  test("an Accept that JSON cannot satisfy → 406", async () => {
    await using serving = await serveShelf();
    const answer = await serving.fetch("/v1/books/b", { headers: { accept: "text/html" } });
    expect(answer.status).toBe(406);
    expect(await answer.text()).toContain("NOT_ACCEPTABLE");
  });
});

describe("responses", () => {
  test("defaults are there, unset messages are not, integers are numbers", async () => {
    await using serving = await serveShelf({ GetBook: () => ({ message: { price: 1999n } }) });
    const answer = await send(serving, "GET /v1/books/b");
    expect(answer.json).toEqual({
      ...{
        name: "",
        title: "",
        price: 1999,
        pages: 0,
        tags: [],
        etag: "",
        status: "STATUS_UNSPECIFIED",
        labels: {},
      },
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-type")).toBe("application/json");
  });

  test("response_body is one field", async () => {
    await using serving = await serveShelf();
    expect((await send(serving, "GET /v1/shelves/s/book-list")).json).toMatchObject([{ title: "s" }]);
  });

  test("HttpBody goes out, and comes in, as it is", async () => {
    await using serving = await serveShelf();
    const answer = await serving.fetch("/v1/covers/a/b");
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(await answer.text()).toBe("a/b");
    await send(serving, "PUT /v1/books/b/cover", "\x01\x02", { "content-type": "image/gif" });
    expect(serving.transport.calls[1]?.message).toMatchObject({
      cover: { contentType: "image/gif", data: new Uint8Array([1, 2]) },
    });
  });

  test("an HttpBody in the response_body, with the message's etag", async () => {
    await using serving = await serveShelf();
    const answer = await serving.fetch("/v1/jackets/b");
    expect([answer.headers.get("content-type"), answer.headers.get("etag")]).toEqual(["image/png", '"j1"']);
    expect(await answer.text()).toBe("b");
  });

  test("without an HttpBody there are no bytes", async () => {
    await using serving = await serveShelf({ GetJacket: () => ({}) });
    const answer = await serving.fetch("/v1/jackets/b");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
    expect(await answer.text()).toBe("");
  });

  test("HEAD has GET's headers and no body; OPTIONS says what there is", async () => {
    await using serving = await serveShelf();
    const full = await serving.fetch("/v1/books/b");
    const head = await serving.fetch("/v1/books/b", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String((await full.arrayBuffer()).byteLength));
    expect(await head.text()).toBe("");
    const options = await serving.fetch("/v1/books/b", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([
      204,
      "DELETE, GET, HEAD, OPTIONS, PATCH",
    ]);
    const put = await serving.fetch("/v1/books/b", { method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "DELETE, GET, HEAD, OPTIONS, PATCH"]);
  });

  test("ETag, and 304 when the client has it", async () => {
    await using serving = await serveShelf();
    expect((await serving.fetch("/v1/books/b")).headers.get("etag")).toBe('"v1"');
    const again = await serving.fetch("/v1/books/b", { headers: { "if-none-match": '"v1"' } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  test.each([
    ["GET", "/v1/books/b", { "if-match": '"v1", "v2"' }, 200, "what was read is in the list"],
    ["GET", "/v1/books/b", { "if-match": '"v2"' }, 412, "it is not"],
    ["GET", "/v1/shelves/s/books", { "if-match": '"v2"' }, 200, "no etag to compare"],
    ["POST", "/v1/books/b:lend", { "if-match": '"v1"' }, 400, "a change that would not be guarded"],
    ["DELETE", "/v1/books/b", { "if-match": "*" }, 200, "whatever is there"],
    ["DELETE", "/v1/books/b", { "if-none-match": '"v1"' }, 400, "a change that would not be guarded"],
  ])("%s %s with %j → %i (%s)", async (method, path, headers, status, _why) => {
    await using serving = await serveShelf();
    expect((await serving.fetch(path, { method, headers })).status).toBe(status);
  });

  test("Vary of whoever wraps the transcoder stays", async () => {
    const transport = fakeTransport({ GetBook: () => ({ message: { title: "t".repeat(2000) } }) });
    const inner = createTranscoder({ services: [ShelfService], transport });
    await using serving = await listen((req, res) => {
      res.setHeader("vary", "origin");
      inner(req, res);
    });
    expect((await serving.fetch("/v1/books/b")).headers.get("vary")).toBe("origin, accept-encoding");
  });

  test("of the RPC's headers and trailers only listed ones pass", async () => {
    await using serving = await serveShelf({
      GetBook: () => ({
        header: { "cache-control": "max-age=60", "x-inner": "1", "set-cookie": "a=b" },
        trailer: { location: "/v1/books/c", "grpc-status": "0" },
      }),
    });
    const { headers } = await serving.fetch("/v1/books/b");
    expect(headers.get("cache-control")).toBe("max-age=60");
    expect(headers.get("location")).toBe("/v1/books/c");
    for (const name of ["x-inner", "set-cookie", "grpc-status"]) expect(headers.has(name)).toBe(false);
  });
});

test("over Connect's own transport: calls, and errors with their details", async () => {
  const transport = createRouterTransport(({ service }) => {
    service(EchoService, {
      echo({ text }) {
        if (text !== "fail") return { text, remainingMs: 5n };
        const info = { desc: ErrorInfoSchema, value: { reason: "SHORTAGE", metadata: { sku: "A" } } };
        throw new ConnectError("2 left", Code.Aborted, undefined, [info]);
      },
    });
  });
  await using listening = await listen(createTranscoder({ services: [EchoService], transport }));
  const serving = Object.assign(listening, { transport: { calls: [] } });
  expect((await send(serving, "POST /v1/echo", '{"text":"hi"}')).json).toEqual({
    text: "hi",
    remainingMs: 5,
    caller: "",
  });
  const failed = await send(serving, "POST /v1/echo", '{"text":"fail"}');
  expect(failed.status).toBe(409);
  expect(failed.json.error).toMatchObject({
    status: "ABORTED",
    message: "2 left",
    details: [{ reason: "SHORTAGE" }],
  });
  expect((await send(serving, "GET /v1/customer-echo")).status).toBe(501);
});
