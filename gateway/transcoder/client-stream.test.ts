import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { gzipSync } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { echoHandlers, type Handlers, type Serving, serveShelf } from "./testing/serve.ts";

const ndjson = { "content-type": "application/x-ndjson" };

function post(
  serving: Serving,
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = ndjson,
) {
  return serving.fetch(path, { method: "POST", body: body as never, headers });
}

/** An open request whose body is written piece by piece. */
function open(
  serving: Serving,
  path: string,
  headers: Record<string, string> = ndjson,
  agent?: Agent,
): ClientRequest {
  const sent = request(serving.url + path, { method: "POST", headers, ...(agent && { agent }) });
  sent.on("error", () => {});
  return sent;
}

async function textOf(sent: ClientRequest): Promise<{ status: number | undefined; text: string }> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

describe("NDJSON in, one message out", () => {
  const all = "/v1/shelves/s/books:import";
  test.each<[string, string, string[], string]>([
    [all, '{"title":"a"}\n{"title":"b"}\n', ["a", "b"], "each line is a message"],
    [all, '{"title":"a"}\n{"title":"b"}', ["a", "b"], "the last needs no line feed"],
    [all, '\n{"title":"a"}\r\n \t\r\n\n{"title":"b"}\n\n', ["a", "b"], "blank lines are none"],
    [all, "", [], "no line, no message"],
    [all, '{"title":"é€😀"}', ["é€😀"], "UTF-8"],
    [`${all}?validateOnly=true`, '{"title":"a"}', ["a"], "query beside a field as body"],
    ["/v1/books:import", '{"shelf":"s","book":{"title":"a"}}', ["a"], "body * is the whole message"],
  ])("%s %j: titles %j (%s)", async (path, body, titles, _why) => {
    await using serving = await serveShelf();
    const answer = await post(serving, path, body);
    expect(answer.status).toBe(200);
    const { books } = (await answer.json()) as { books: { name: string; title: string }[] };
    expect(books.map((book) => book.title)).toEqual(titles);
    // The path's variable is in every message.
    for (const book of books) expect(book.name).toBe("s");
  });

  test("path, query and headers are put into every message", async () => {
    const seen: unknown[] = [];
    await using serving = await serveShelf({
      async ImportBooks({ messages }) {
        for await (const { shelf, validateOnly, requestId } of messages)
          seen.push([shelf, validateOnly, requestId]);
        return {};
      },
    });
    const headers = { ...ndjson, "idempotency-key": "k" };
    await post(serving, "/v1/shelves/s/books:import?validateOnly=true", "{}\n{}", headers);
    expect(seen).toEqual([
      ["s", true, "k"],
      ["s", true, "k"],
    ]);
  });

  test.each<[string, string, Record<string, string>, number, string, string]>([
    [all, '{"title":"a"}\n{"title":1}', ndjson, 400, "[1].book.title", "a wrong type in the second line"],
    [all, '{"titel":"a"}', ndjson, 400, "[0].book.titel", "an unknown field"],
    [all, "{\n}", ndjson, 400, "[0].book", "a message over two lines"],
    [all, '[{"title":"a"}]', ndjson, 400, "[0].book", "an array"],
    [`${all}?shelf=t`, "{}", ndjson, 400, "shelf", "the query overrides the path: said before any line"],
    [`${all}?nope=t`, "", ndjson, 400, "nope", "an unknown parameter, even without a line"],
    [
      "/v1/shelves/s/books:import?book.title=x",
      "{}",
      ndjson,
      400,
      "book.title",
      "a part of the body in the query",
    ],
    [all, "{}", { "content-type": "application/json" }, 415, "", "JSON is one message, not lines of them"],
    [all, "{}", { ...ndjson, "content-encoding": "zstd" }, 415, "", "a coding that is not read"],
    [all, "x", { ...ndjson, "content-encoding": "gzip" }, 400, "", "no gzip"],
    [all, "\xff", { ...ndjson, accept: "text/html" }, 406, "", "an answer that is not served"],
  ])("%s %j → %s %i %s (%s)", async (path, body, headers, status, field, _why) => {
    await using serving = await serveShelf();
    const answer = await post(serving, path, body, headers);
    expect(answer.status).toBe(status);
    const { error } = (await answer.json()) as {
      error: { details: { fieldViolations?: { field: string }[] }[] };
    };
    expect(error.details[1]?.fieldViolations?.[0]?.field ?? "").toBe(field);
  });

  test.each([
    "application/x-ndjson",
    "application/ndjson; charset=utf-8",
    "application/jsonl",
    "application/x-jsonlines",
  ])("%s is read", async (type) => {
    await using serving = await serveShelf();
    expect((await post(serving, all, "{}", { "content-type": type })).status).toBe(200);
  });

  test("a line may be as long as a body, and no longer; the whole stream has a limit of its own", async () => {
    await using serving = await serveShelf(echoHandlers, { maxBodyBytes: 100, maxStreamBytes: 350 });
    const line = (size: number) => `{"title":"${"x".repeat(size - 12)}"}`;
    expect((await post(serving, all, `${line(100)}\n${line(100)}\n${line(100)}\n`)).status).toBe(200);
    expect((await post(serving, all, `${line(100)}\n${line(101)}\n`)).status).toBe(413);
    expect((await post(serving, all, `${line(90)}\n`.repeat(4))).status).toBe(413);
    expect((await serving.fetch("/v1/books/b")).status).toBe(200);
  });

  test("compressed, also inflating to much more than came", async () => {
    await using serving = await serveShelf(echoHandlers, { maxStreamBytes: 10_000_000 });
    const lines = '{"title":"a"}\n'.repeat(1000);
    const coded = { ...ndjson, "content-encoding": "gzip" };
    const answer = await post(serving, all, gzipSync(lines), coded);
    expect(((await answer.json()) as { books: unknown[] }).books).toHaveLength(1000);
    expect((await post(serving, all, gzipSync("\n".repeat(20_000_000)), coded)).status).toBe(413);
    expect((await post(serving, all, gzipSync(lines).subarray(0, -10), coded)).status).toBe(400);
  });

  test("a service that answers early is heard at once, and the connection goes on", async () => {
    await using serving = await serveShelf({
      ...echoHandlers,
      ImportBooks: () => Promise.reject(new ConnectError("full", Code.ResourceExhausted)),
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      const sent = open(serving, all, ndjson, agent);
      sent.write('{"title":"a"}\n');
      const answer = textOf(sent);
      expect((await answer).status).toBe(429);
      sent.end("{}");
      await once(sent, "close");
      const next = request(`${serving.url}/v1/books/b`, { agent });
      next.end();
      expect((await textOf(next)).status).toBe(200);
    } finally {
      agent.destroy();
    }
  });

  test("a client that goes away aborts the call", async () => {
    let signal: AbortSignal | undefined;
    const errors: number[] = [];
    const begun = Promise.withResolvers<undefined>();
    await using serving = await serveShelf(
      {
        async ImportBooks(call) {
          signal = call.signal;
          for await (const _ of call.messages) begun.resolve(undefined);
          return {};
        },
      },
      { onError: ({ status }) => errors.push(status) },
    );
    const sent = open(serving, all);
    sent.write("{}\n");
    await begun.promise;
    sent.destroy();
    await vi.waitFor(() => expect([signal?.aborted, errors]).toEqual([true, [499]]));
  });

  test("prepare is asked before anything is read", async () => {
    await using serving = await serveShelf(echoHandlers, {
      prepare: () => {
        throw new ConnectError("who?", Code.Unauthenticated);
      },
    });
    expect((await post(serving, all, "nonsense")).status).toBe(401);
    expect(serving.transport.calls).toEqual([]);
  });
});

describe("NDJSON in, stream out", () => {
  test("answers come while the request goes on", async () => {
    await using serving = await serveShelf();
    const sent = open(serving, "/v1/books/b:talk");
    sent.write('{"reader":"a"}\n');
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.headers["content-type"]).toBe("application/x-ndjson");
    const chunks = response.iterator({ destroyOnReturn: false });
    const next = async () => (JSON.parse(String((await chunks.next()).value)) as { title: string }).title;
    expect(await next()).toBe("a");
    sent.write('{"reader":"b"}\n');
    expect(await next()).toBe("b");
    sent.end();
    expect((await chunks.next()).done).toBe(true);
  });

  test.each<[string, string, unknown[], string]>([
    ['{"reader":"a"}\n{"reader":"b"}', "application/x-ndjson", ["a", "b"], "line by line"],
    ['{"reader":"a"}\n{"reader":1}', "application/x-ndjson", ["a", 400], "a bad line ends it with an error"],
    ['{"reader":"a"}\n{"reader":"b"}', "application/json", ["a", "b"], "as an array"],
    ["", "application/json", [], "nothing in, nothing out"],
  ])("%j as %s: %j (%s)", async (body, accept, want, _why) => {
    await using serving = await serveShelf();
    const answer = await post(serving, "/v1/books/b:talk", body, { ...ndjson, accept });
    const text = await answer.text();
    const messages =
      accept === "application/json"
        ? JSON.parse(text)
        : text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
    const seen = (messages as { title?: string; error?: { code: number } }[]).map(
      ({ title, error }) => title ?? error?.code,
    );
    expect(seen).toEqual(want);
  });

  test("a first line that is wrong has a status", async () => {
    await using serving = await serveShelf();
    const answer = await post(serving, "/v1/books/b:talk", '{"reader":1}');
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("[0].reader");
  });
});

describe("a stream of HttpBody in", () => {
  test.each<[Buffer, number, string]>([
    [Buffer.alloc(3_000_000, "x"), 3_000_000, "more than a body may have: it is never held whole"],
    [Buffer.from("\n\n"), 2, "bytes are bytes"],
    [Buffer.alloc(0), 0, "nothing is one empty message, so that name and type arrive"],
  ])("case %#", async (body, size, _why) => {
    const types: unknown[] = [];
    const handlers: Handlers = {
      async UploadBook({ messages }) {
        let pages = 0;
        let name: unknown;
        for await (const message of messages) {
          const cover = message["cover"] as { contentType: string; data: Uint8Array };
          pages += cover.data.length;
          types.push(cover.contentType);
          name = message["name"];
        }
        return { message: { name, pages } };
      },
    };
    await using serving = await serveShelf(handlers);
    const answer = await post(serving, "/v1/books/b:upload", body, { "content-type": "image/gif" });
    expect(await answer.json()).toMatchObject({ name: "b", pages: size });
    expect(new Set(types)).toEqual(new Set(["image/gif"]));
  });

  test("and out", async () => {
    await using serving = await serveShelf();
    const answer = await post(serving, "/v1/convert", "abc", { "content-type": "text/plain" });
    expect(answer.headers.get("content-type")).toBe("text/plain");
    expect(await answer.text()).toBe("ABC");
  });
});
