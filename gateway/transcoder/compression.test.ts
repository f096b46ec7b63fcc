import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  createGunzip,
  gunzipSync,
  gzipSync,
} from "node:zlib";
import { describe, expect, test } from "vitest";
import { echoHandlers, type Handlers, json, type Serving, serveShelf } from "./testing/serve.ts";

const lend = "/v1/books/b:lend";
const reader = "r".repeat(5000);

function post(serving: Serving, body: Buffer, coding: string, more: Record<string, string> = {}) {
  const headers = { ...json, "content-encoding": coding, ...more };
  return serving.fetch(lend, { method: "POST", body: body as never, headers });
}

/** fetch inflates by itself; here the bytes as they came are wanted. */
async function get(serving: Serving, path: string, headers: Record<string, string>, method = "GET") {
  const sent = request(serving.url + path, { method, headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) };
}

describe("request bodies", () => {
  const body = Buffer.from(JSON.stringify({ reader }));
  test.each<[string, Buffer, number, string]>([
    ["gzip", gzipSync(body), 200, "gzip"],
    ["GZIP", gzipSync(body), 200, "case does not matter"],
    ["x-gzip", gzipSync(body), 200, "its old name"],
    ["br", brotliCompressSync(body), 200, "brotli"],
    ["identity", body, 200, "none"],
    ["gzip", body, 400, "not compressed at all"],
    ["br", gzipSync(body), 400, "another coding"],
    ["gzip", gzipSync(body).subarray(0, -9), 400, "cut off"],
    ["gzip", gzipSync("{"), 400, "what comes out is no JSON"],
    ["deflate", body, 415, "a coding that is not read"],
    ["gzip, gzip", gzipSync(gzipSync(body)), 415, "twice"],
  ])("%s %#: %#", async (coding, bytes, status, _why) => {
    await using serving = await serveShelf();
    const answer = await post(serving, bytes, coding);
    expect(answer.status).toBe(status);
    const read = serving.transport.calls.map(({ message }) => message["reader"]);
    expect(read).toEqual(status === 200 ? [reader] : []);
  });

  test.each<[string, Buffer, string]>([
    ["gzip", gzipSync(Buffer.alloc(50_000_000, " ")), "50 MB in 50 kB"],
    [
      "br",
      brotliCompressSync(Buffer.alloc(50_000_000, " "), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
      "in less",
    ],
  ])("a bomb of %s is 413 (%#)", async (coding, bomb, _why) => {
    await using serving = await serveShelf();
    expect(bomb.length).toBeLessThan(1024 * 1024);
    expect((await post(serving, bomb, coding)).status).toBe(413);
  });

  test("the limit is of what comes out, to the byte", async () => {
    await using serving = await serveShelf(echoHandlers, { maxBodyBytes: body.length });
    expect((await post(serving, gzipSync(body), "gzip")).status).toBe(200);
    expect((await post(serving, gzipSync(`${String(body)} `), "gzip")).status).toBe(413);
  });
});

describe("answers", () => {
  const handlers: Handlers = {
    ...echoHandlers,
    GetBook: ({ message }) => ({ message: { name: message["name"], title: reader, etag: "v1" } }),
    GetCover: ({ message }) => ({
      message: { contentType: String(message["name"]), data: Buffer.from(reader) },
    }),
  };
  test.each<[string, string | undefined, string | undefined, string]>([
    ["/v1/books/b", "gzip, deflate, br", "br", "the better one"],
    ["/v1/books/b", "gzip", "gzip", "the one that is accepted"],
    ["/v1/books/b", "br;q=0, *", "gzip", "a wildcard"],
    ["/v1/books/b", "identity, gzip;q=0.5", undefined, "none is preferred"],
    ["/v1/books/b", "zstd", undefined, "none of ours"],
    ["/v1/books/b", undefined, undefined, "nothing said"],
    ["/v1/covers/text/html", "gzip", "gzip", "a text that is an HttpBody"],
    ["/v1/covers/application/problem+json", "gzip", "gzip", "a JSON-based type"],
    ["/v1/covers/image/png", "gzip", undefined, "an image is compressed already"],
  ])("%s for %s: %s (%s)", async (path, accept, want, _why) => {
    await using serving = await serveShelf(handlers);
    const headers: Record<string, string> = accept === undefined ? {} : { "accept-encoding": accept };
    const answer = await get(serving, path, headers);
    expect(answer.headers["content-encoding"]).toBe(want);
    expect(answer.headers["content-length"]).toBe(String(answer.bytes.length));
    expect(answer.headers.vary).toBe(path.endsWith("png") ? undefined : "accept-encoding");
    const plain =
      want === "br"
        ? brotliDecompressSync(answer.bytes)
        : want === "gzip"
          ? gunzipSync(answer.bytes)
          : answer.bytes;
    expect(String(plain)).toContain(reader);
    expect(answer.bytes.length < reader.length).toBe(want !== undefined);
  });

  test("small ones are not, unless nothing else is accepted", async () => {
    await using serving = await serveShelf();
    const small = await get(serving, "/v1/books/b", { "accept-encoding": "gzip" });
    expect([small.headers["content-encoding"], small.headers.vary]).toEqual([undefined, undefined]);
    const forced = await get(serving, "/v1/books/b", { "accept-encoding": "gzip, identity;q=0" });
    expect(forced.headers["content-encoding"]).toBe("gzip");
  });

  test("excluding everything is 406, before the call", async () => {
    await using serving = await serveShelf();
    expect((await get(serving, "/v1/books/b", { "accept-encoding": "*;q=0" })).status).toBe(406);
    expect(serving.transport.calls).toEqual([]);
  });

  test("the etag is weak then, and either is answered 304", async () => {
    await using serving = await serveShelf(handlers);
    const accepting = { "accept-encoding": "gzip" };
    expect((await get(serving, "/v1/books/b", {})).headers.etag).toBe('"v1"');
    expect((await get(serving, "/v1/books/b", accepting)).headers.etag).toBe('W/"v1"');
    const again = await get(serving, "/v1/books/b", { ...accepting, "if-none-match": 'W/"v1"' });
    expect([again.status, again.headers.vary]).toEqual([304, "accept-encoding"]);
  });

  test("HEAD has the length that GET has", async () => {
    await using serving = await serveShelf(handlers);
    const accepting = { "accept-encoding": "gzip" };
    const full = await get(serving, "/v1/books/b", accepting);
    const head = await get(serving, "/v1/books/b", accepting, "HEAD");
    expect(head.headers["content-length"]).toBe(full.headers["content-length"]);
    expect(head.bytes).toHaveLength(0);
  });

  test("compress: false leaves all as it is", async () => {
    await using serving = await serveShelf(handlers, { compress: false });
    const answer = await get(serving, "/v1/books/b", { "accept-encoding": "gzip" });
    expect([answer.headers["content-encoding"], answer.headers.vary]).toEqual([undefined, undefined]);
  });
});

describe("streams", () => {
  const watch = "/v1/shelves/s:watch";
  const stream: Handlers = {
    async *WatchShelf() {
      yield { title: "a" };
      yield { title: reader };
    },
  };
  test.each<[string, string | undefined, string]>([
    ["application/x-ndjson", "gzip", "lines"],
    ["application/json", "gzip", "an array"],
    ["text/event-stream", undefined, "events: a compressor for each watcher is too much memory"],
  ])("%s: %s (%s)", async (accept, want, _why) => {
    await using serving = await serveShelf(stream);
    const answer = await get(serving, watch, { accept, "accept-encoding": "br, gzip" });
    expect(answer.headers["content-encoding"]).toBe(want);
    expect(answer.headers.vary).toBe(want === undefined ? "accept" : "accept, accept-encoding");
    expect(String(want === undefined ? answer.bytes : gunzipSync(answer.bytes))).toContain(reader);
  });

  test("each message is flushed as it comes", async () => {
    const more = Promise.withResolvers<undefined>();
    await using serving = await serveShelf({
      async *WatchShelf() {
        yield { title: "first" };
        await more.promise;
        yield { title: "second" };
      },
    });
    const sent = request(serving.url + watch, { headers: { "accept-encoding": "gzip" } });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const plain = response.pipe(createGunzip()).iterator({ destroyOnReturn: false });
    expect(String((await plain.next()).value)).toContain("first");
    more.resolve(undefined);
    expect(String((await plain.next()).value)).toContain("second");
    expect((await plain.next()).done).toBe(true);
  });
});
