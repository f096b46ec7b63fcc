import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { echoHandlers, type Serving, serveShelf } from "./testing/serve.ts";

const mebibyte = 1024 * 1024;

async function answerTo(sent: ClientRequest): Promise<{ status: number | undefined; text: string }> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

function post(serving: Serving, headers: Record<string, string>, agent?: Agent): ClientRequest {
  const sent = request(`${serving.url}/v1/books/b:lend`, {
    ...{ method: "POST", headers: { "content-type": "application/json", ...headers } },
    ...(agent && { agent }),
  });
  // Writing on after the answer may fail once the server has closed; the answer is what counts.
  sent.on("error", () => {});
  return sent;
}

describe("bodies over the limit", () => {
  test.each([
    ["10 MB, declared", { "content-length": String(10 * mebibyte) }, 10, "refused by its declared size"],
    ["10 MB, chunked", { "transfer-encoding": "chunked" }, 10, "refused by counting"],
    ["40 MB, chunked", { "transfer-encoding": "chunked" }, 40, "more than is thrown away"],
  ])("%s: 413, readable (%s)", async (_, headers, mebibytes, _why) => {
    await using serving = await serveShelf();
    const sent = post(serving, headers);
    const answer = answerTo(sent);
    const chunk = Buffer.alloc(mebibyte, 0x20);
    for (let i = 0; i < mebibytes && !sent.destroyed; i++) {
      if (!sent.write(chunk)) await Promise.race([once(sent, "drain"), once(sent, "close")]);
    }
    sent.end();
    const { status, text } = await answer;
    expect(status).toBe(413);
    expect(text).toContain("BODY_TOO_LARGE");
    expect(serving.transport.calls).toEqual([]);
    expect((await serving.fetch("/v1/books/b")).status).toBe(200);
  });

  test("413 comes before the body is sent", async () => {
    await using serving = await serveShelf();
    const sent = post(serving, { "content-length": String(10 * mebibyte) });
    sent.flushHeaders();
    expect((await answerTo(sent)).status).toBe(413);
    sent.destroy();
  });

  test("the limit itself is allowed, one byte more is not", async () => {
    await using serving = await serveShelf(echoHandlers, { maxBodyBytes: 100 });
    const body = (size: number) => `{"reader":"${"x".repeat(size - 13)}"}`;
    for (const [size, status] of [
      [100, 200],
      [101, 413],
    ] as const) {
      expect(body(size)).toHaveLength(size);
      const answer = await serving.fetch("/v1/books/b:lend", {
        method: "POST",
        body: body(size),
        headers: { "content-type": "application/json" },
      });
      expect(answer.status).toBe(status);
    }
  });
});

test("a connection goes on after a refused request whose body is small", async () => {
  await using serving = await serveShelf();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const refused = post(serving, { "content-type": "text/plain", "content-length": "5000" }, agent);
    refused.end(Buffer.alloc(5000));
    expect((await answerTo(refused)).status).toBe(415);
    const next = post(serving, {}, agent);
    next.end("{}");
    expect((await answerTo(next)).status).toBe(200);
    expect(next.reusedSocket).toBe(true);
  } finally {
    agent.destroy();
  }
});

test("a stranger's large body is refused unread on a path that is not there", async () => {
  await using serving = await serveShelf();
  const sent = request(`${serving.url}/nope`, {
    method: "POST",
    headers: { "content-length": String(10 * mebibyte) },
  });
  sent.on("error", () => {});
  sent.flushHeaders();
  expect((await answerTo(sent)).status).toBe(404);
  sent.destroy();
});

describe("a client that goes away", () => {
  test("aborts the call", async () => {
    const handling = Promise.withResolvers<AbortSignal>();
    await using serving = await serveShelf({
      GetBook: ({ signal }) => {
        handling.resolve(signal);
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    });
    const sent = request(`${serving.url}/v1/books/b`).on("error", () => {});
    sent.end();
    const signal = await handling.promise;
    expect(signal.aborted).toBe(false);
    sent.destroy();
    await vi.waitFor(() => expect(signal.aborted).toBe(true));
  });

  test("while it sends its body, calls nothing", async () => {
    const errors: number[] = [];
    const arrived = Promise.withResolvers<undefined>();
    await using serving = await serveShelf(echoHandlers, {
      onError: ({ status }) => errors.push(status),
      prepare: () => {
        arrived.resolve(undefined);
        return undefined;
      },
    });
    const sent = post(serving, { "content-length": "1000" });
    sent.write("{");
    await arrived.promise;
    sent.destroy();
    await vi.waitFor(() => expect(errors).toEqual([499]));
    expect(serving.transport.calls).toEqual([]);
  });

  test("after it was answered, aborts nothing", async () => {
    await using serving = await serveShelf();
    await (await serving.fetch("/v1/books/b")).text();
    expect(serving.transport.calls[0]?.signal.aborted).toBe(false);
  });
});

test("requests in a row on one connection each get their answer, the absolute form included", async () => {
  await using serving = await serveShelf();
  const socket = connect(serving.port, "127.0.0.1");
  const line = (target: string) => `GET ${target} HTTP/1.1\r\nhost: x\r\n`;
  socket.write(
    `${line("/v1/books/a")}\r\n${line("/nope")}\r\n${line("http://x/v1/books/b?")}connection: close\r\n\r\n`,
  );
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
});

test("a URL over the limit is 414, one byte less is not", async () => {
  await using serving = await serveShelf(echoHandlers, { maxUrlBytes: 100 });
  const path = (size: number) => `/v1/books/${"x".repeat(size - 10)}`;
  expect((await serving.fetch(path(100))).status).toBe(200);
  const answer = await serving.fetch(path(101));
  expect(answer.status).toBe(414);
  expect(await answer.text()).toContain("URL_TOO_LONG");
});

test("headers to pass on over the limit are 431", async () => {
  await using serving = await serveShelf(echoHandlers, { maxMetadataBytes: 100 });
  const answer = await serving.fetch("/v1/books/b", { headers: { authorization: "x".repeat(100) } });
  expect(answer.status).toBe(431);
  expect(await answer.text()).toContain("HEADERS_TOO_LARGE");
  const ignored = await serving.fetch("/v1/books/b", { headers: { "x-other": "x".repeat(1000) } });
  expect(ignored.status).toBe(200);
});
