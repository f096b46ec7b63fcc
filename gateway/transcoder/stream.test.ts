import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { type Handlers, type SeenCall, serveShelf } from "./testing/serve.ts";

/** Sends `count` books; fails after `failAfter` of them when that is set. */
const handlers: Handlers = {
  async *WatchShelf({ message }: SeenCall) {
    const { count, failAfter } = message as { count: number; failAfter: number };
    for (let i = 0; i < count; i++) {
      if (failAfter !== 0 && i === failAfter) throw new ConnectError("shelf burnt", Code.Aborted);
      yield { title: `t${i}`, price: BigInt(i) };
    }
    if (count === 0) throw new ConnectError("no such shelf", Code.NotFound);
  },
  async *DownloadBook({ message }: SeenCall) {
    yield { contentType: "text/plain", data: Buffer.from(`${String(message["name"])}:`) };
    yield { data: Buffer.from("text") };
  },
} as Handlers;

const book = (i: number) => ({
  ...{
    name: "",
    title: `t${i}`,
    price: i,
    pages: 0,
    tags: [],
    etag: "",
    status: "STATUS_UNSPECIFIED",
    labels: {},
  },
});
const error = { error: { code: 409, status: "ABORTED", message: "shelf burnt" } };

test.each<[string | undefined, string, (text: string) => unknown, unknown, string]>([
  [undefined, "count=2", ndjson, [book(0), book(1)], "NDJSON unless another is asked for"],
  ["application/x-ndjson", "count=9&failAfter=1", ndjson, [book(0), error], "an error is the last line"],
  ["application/json", "count=2", JSON.parse, [book(0), book(1)], "a JSON array"],
  ["application/json", "count=9&failAfter=1", JSON.parse, [book(0), error], "an error is its last element"],
  [
    "text/event-stream",
    "count=2",
    events,
    [
      ["message", book(0)],
      ["message", book(1)],
      ["end", {}],
    ],
    "events, and an end",
  ],
  [
    "text/event-stream",
    "count=9&failAfter=1",
    events,
    [
      ["message", book(0)],
      ["error", error],
    ],
    "an error event",
  ],
])("Accept %s, %s (%#: %s)", async (accept, query, parse, want, _why) => {
  await using serving = await serveShelf(handlers);
  const answer = await serving.fetch(`/v1/shelves/s:watch?${query}`, { headers: accept ? { accept } : {} });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe(accept ?? "application/x-ndjson");
  expect(answer.headers.get("cache-control")).toBe("max-age=5");
  expect(parse(await answer.text())).toMatchObject(want as object);
});

test("an empty stream", async () => {
  await using serving = await serveShelf({ async *WatchShelf() {} } as Handlers);
  const as = async (accept: string) =>
    (await serving.fetch("/v1/shelves/s:watch", { headers: { accept } })).text();
  expect(await as("application/json")).toBe("[]");
  expect(await as("application/x-ndjson")).toBe("");
  expect(events(await as("text/event-stream"))).toEqual([["end", {}]]);
});

test.each([
  ["text/event-stream", "7", 204, "EventSource is to stay away"],
  ["text/event-stream", "", 200, "who comes for the first time hears of the end"],
  ["application/x-ndjson", "7", 200, "others do not come back by themselves"],
])("an empty stream as %s after event %j is %i: %s", async (accept, last, status, _why) => {
  await using serving = await serveShelf({ async *WatchEvents() {} } as Handlers);
  const answer = await serving.fetch("/v1/shelves/s/events", { headers: { accept, "last-event-id": last } });
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([status, expect.any(String)]);
});

test("an event stream that breaks says when to be back, not to all the same", async () => {
  await using serving = await serveShelf(handlers);
  const retry = async () => {
    const headers = { accept: "text/event-stream" };
    const answer = await serving.fetch("/v1/shelves/s:watch?count=9&failAfter=1", { headers });
    return Number(/^retry: (\d+)$/m.exec(await answer.text())?.[1]);
  };
  const given = await Promise.all(Array.from({ length: 10 }, retry));
  expect(new Set(given).size).toBeGreaterThan(1);
  expect(Math.min(...given)).toBeGreaterThanOrEqual(500);
  expect(Math.max(...given)).toBeLessThan(2_500);
});

test.each([
  ["/v1/shelves/s:watch?count=0", "text/event-stream", 404, "an error before the first message has a status"],
  ["/v1/shelves/s:watch?count=x", "text/event-stream", 400, "so has a bad request"],
  ["/v1/shelves/s:watch?count=1", "image/png", 406, "and a type that is not served"],
])("%s as %s → %i (%s)", async (path, accept, status, _why) => {
  await using serving = await serveShelf(handlers);
  const answer = await serving.fetch(path, { headers: { accept } });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(await answer.json()).toMatchObject({ error: { code: status } });
});

test("a stream of HttpBody is its bytes", async () => {
  await using serving = await serveShelf(handlers);
  const answer = await serving.fetch("/v1/books/b:download", { headers: { accept: "text/plain" } });
  expect(answer.headers.get("content-type")).toBe("text/plain");
  expect(await answer.text()).toBe("b:text");
});

test("HEAD has the status of the first message and ends the call", async () => {
  await using serving = await serveShelf(handlers);
  expect((await serving.fetch("/v1/shelves/s:watch?count=5", { method: "HEAD" })).status).toBe(200);
  expect((await serving.fetch("/v1/shelves/s:watch?count=0", { method: "HEAD" })).status).toBe(404);
  await vi.waitFor(() => expect(serving.transport.calls[0]?.signal.aborted).toBe(true));
});

test("a stream that is silent is begun, kept alive, and ended when the client goes", async () => {
  await using serving = await serveShelf(
    {
      async *WatchShelf({ signal }: SeenCall) {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        yield {};
      },
    } as Handlers,
    { streamHeadMs: 1, heartbeatMs: 1 },
  );
  const headers = { accept: "text/event-stream" };
  const sent = request(`${serving.url}/v1/shelves/s:watch`, { headers }).on("error", () => {});
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => {});
  expect(response.statusCode).toBe(200);
  const [chunk] = await once(response, "data");
  expect(String(chunk)).toMatch(/^(?::\n\n)+$/);
  const [call] = serving.transport.calls;
  expect(call?.signal.aborted).toBe(false);
  expect(call?.timeoutMs).toBeUndefined();
  sent.destroy();
  await vi.waitFor(() => expect(call?.signal.aborted).toBe(true));
});

test("a client that reads slowly holds the service back, and its leaving ends it", async () => {
  let produced = 0;
  let ended = false;
  await using serving = await serveShelf({
    async *WatchShelf() {
      try {
        for (;;) {
          produced++;
          yield { title: "x".repeat(64 * 1024) };
        }
      } finally {
        ended = true;
      }
    },
  } as Handlers);
  const sent = request(`${serving.url}/v1/shelves/s:watch`).on("error", () => {});
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => {});
  response.pause();
  // Buffers of both ends fill, then nothing more is asked for: two looks at the count, some time apart, agree.
  let before = -1;
  await vi.waitFor(
    () => {
      const now = produced;
      const still = now === before;
      before = now;
      expect(still).toBe(true);
    },
    { interval: 100, timeout: 10_000 },
  );
  expect(produced).toBeLessThan(1000);
  expect(ended).toBe(false);
  sent.destroy();
  await vi.waitFor(() => expect(ended).toBe(true));
});

describe("event ids", () => {
  const events: Handlers = {
    async *WatchEvents({ message }) {
      const last = message["lastEventId"] as bigint;
      yield { eventId: last + 1n, text: "next" };
      yield { text: "no id" };
    },
  };

  test.each<[string, Record<string, string>, string | undefined, string, string]>([
    ["/v1/shelves/s/events", {}, undefined, "1", "none: from the start"],
    ["/v1/shelves/s/events", { "last-event-id": "41" }, undefined, "42", "from where it broke off"],
    ["/v1/shelves/s/events?lastEventId=7", {}, undefined, "8", "by the query, for the first time"],
    [
      "/v1/shelves/s/events?lastEventId=7",
      { "last-event-id": "41" },
      undefined,
      "42",
      "EventSource repeats its URL",
    ],
    ["/v1/shelves/s/events", { "last-event-id": "41" }, '{"lastEventId":7}', "42", "and others their body"],
    ["/v1/shelves/s/events", { "last-event-id": "" }, undefined, "1", "an empty one is none"],
  ])("%s with %j and body %s: id %s (%s)", async (path, headers, body, want, _why) => {
    await using serving = await serveShelf(events);
    const answer = await serving.fetch(path, {
      ...{ method: body === undefined ? "GET" : "POST", body: body ?? null },
      headers: { accept: "text/event-stream", "content-type": "application/json", ...headers },
    });
    const [first, second] = (await answer.text()).split("\n\n");
    expect(first).toBe(`id: ${want}\ndata: {"eventId":${want},"text":"next"}`);
    expect(second).toBe('data: {"eventId":0,"text":"no id"}');
  });

  test("an id that the field cannot hold is refused by name", async () => {
    await using serving = await serveShelf(events);
    const answer = await serving.fetch("/v1/shelves/s/events", { headers: { "last-event-id": "x" } });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('"field":"last-event-id"');
  });

  test("the names of both fields are options", async () => {
    const options = { eventIdField: "text", lastEventIdField: "shelf" };
    await using serving = await serveShelf(
      {
        async *WatchEvents({ message }) {
          yield { text: String(message["lastEventId"]) };
          yield { text: "a\nb" };
        },
      },
      options,
    );
    const headers = { accept: "text/event-stream", "last-event-id": "41" };
    const text = await (await serving.fetch("/v1/shelves/s/events", { headers })).text();
    // The path binds `shelf`, which no header changes; a line break would begin another field of the event.
    expect(text.split("\n\n").slice(0, 2)).toEqual([
      'id: 0\ndata: {"eventId":0,"text":"0"}',
      'data: {"eventId":0,"text":"a\\nb"}',
    ]);
    expect(serving.transport.calls).toMatchObject([{ message: { shelf: "s" } }]);
  });

  test("with a response_body the id is still the message's", async () => {
    await using serving = await serveShelf({
      async *WatchTexts() {
        yield { eventId: 9n, text: "t" };
      },
    });
    const headers = { accept: "text/event-stream" };
    expect(await (await serving.fetch("/v1/shelves/s/texts", { headers })).text()).toMatch(
      /^id: 9\ndata: "t"\n\n/,
    );
  });
});

test.each([
  ["trailers", "2", "a client that takes them"],
  ["trailers, deflate;q=0.5", "2", "among other things"],
  ["", undefined, "one that does not"],
])("TE %j: the RPC's trailer comes as %s (%s)", async (te, want, _why) => {
  await using serving = await serveShelf(handlers, { responseHeaders: ["X-Total", "cache-control"] });
  const headers = te === "" ? {} : { te };
  const sent = request(`${serving.url}/v1/shelves/s:watch?count=2`, { headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  for await (const _ of response);
  expect(response.headers.trailer).toBe(want === undefined ? undefined : "x-total");
  expect(response.trailers["x-total"]).toBe(want);
});

function ndjson(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}

/** Name and data of each server-sent event. */
function events(text: string): unknown[] {
  return text
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const name = /^event: (.*)$/m.exec(event)?.[1] ?? "message";
      return [name, JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? "null")];
    });
}
