import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, type Transport } from "@connectrpc/connect";
import type { TranscoderOptions } from "../options.ts";
import { createTranscoder } from "../transcoder.ts";
import { ShelfService } from "./shelf.ts";

/** A call as a fake service sees it. */
export interface SeenCall {
  method: string;
  /** The request; of a request stream, the message read last. */
  message: Record<string, unknown>;
  /** The messages of a request stream. */
  messages: AsyncIterable<Record<string, unknown>>;
  header: Headers;
  signal: AbortSignal;
  timeoutMs: number | undefined;
  contextValues: ContextValues | undefined;
}

export interface Answer {
  message?: object;
  header?: Record<string, string>;
  trailer?: Record<string, string>;
}

export type Handlers = Record<string, (call: SeenCall) => Answer | Promise<Answer> | AsyncIterable<object>>;

/** A transport without a wire: a method's handler answers; every call is kept in `calls`. */
export function fakeTransport(handlers: Handlers): Transport & { calls: SeenCall[] } {
  const calls: SeenCall[] = [];
  function begin(method: DescMethod, rest: Omit<SeenCall, "method">) {
    const call = { method: method.name, ...rest };
    calls.push(call);
    const handler = handlers[method.name];
    if (handler === undefined) throw new ConnectError(`no handler for ${method.name}`, Code.Unimplemented);
    return handler(call);
  }
  function seen(
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
  ) {
    return { signal: signal ?? new AbortController().signal, timeoutMs, header: new Headers(header) };
  }
  const transport = {
    calls,
    async unary(
      method: DescMethod,
      signal: never,
      timeoutMs: never,
      header: never,
      message: never,
      contextValues: never,
    ) {
      const call = { ...seen(signal, timeoutMs, header), message, messages: nothing(), contextValues };
      const answer = await begin(method, call);
      if (Symbol.asyncIterator in answer) throw new TypeError("a stream for a unary method");
      return {
        ...{ stream: false, service: method.parent, method },
        header: new Headers(answer.header),
        trailer: new Headers(answer.trailer),
        message: create(method.output, answer.message as never),
      };
    },
    async stream(
      method: DescMethod,
      signal: never,
      timeoutMs: never,
      header: never,
      input: AsyncIterable<Record<string, unknown>>,
      contextValues: never,
    ) {
      const call = { ...seen(signal, timeoutMs, header), message: {}, messages: input, contextValues };
      if (method.methodKind === "server_streaming") {
        for await (const message of input) call.message = message;
      }
      const answer = await begin(method, call);
      const messages = Symbol.asyncIterator in answer ? answer : one(answer.message ?? {});
      return {
        ...{ stream: true, service: method.parent, method },
        header: new Headers({ "cache-control": "max-age=5" }),
        trailer: new Headers({ "x-total": "2" }),
        message: created(method, messages),
      };
    },
  };
  return transport as unknown as Transport & { calls: SeenCall[] };
}

async function* nothing(): AsyncIterable<never> {}

async function* one(message: object): AsyncIterable<object> {
  yield message;
}

type HeadersInit = ConstructorParameters<typeof Headers>[0];

async function* created(method: DescMethod, messages: AsyncIterable<object>): AsyncIterable<Message> {
  for await (const message of messages) yield create(method.output, message as never);
}

/** Handlers that answer with what they were sent, where request and response are alike. */
export const echoHandlers: Handlers = {
  GetBook: ({ message }) => ({ message: { name: message["name"], etag: "v1" } }),
  ListBooks: ({ message }) => ({ message: { books: [{ title: message["shelf"] }], nextPageToken: "t" } }),
  CreateBook: ({ message }) => ({ message: message["book"] as object }),
  UpdateBook: ({ message }) => ({ message: message["book"] as object }),
  ReplaceTags: ({ message }) => ({ message: { name: message["name"], tags: message["tags"] } }),
  DeleteBook: () => ({}),
  LendBook: ({ message }) => ({ message: { name: message["name"], title: message["reader"] } }),
  EchoEverything: ({ message }) => ({ message }),
  GetCover: ({ message }) => ({
    message: { contentType: "image/png", data: Buffer.from(String(message["name"])) },
  }),
  PutCover: ({ message }) => ({ message: { name: message["name"] } }),
  PurgeShelf: () => ({}),
  GetJacket: ({ message }) => ({
    message: { image: { contentType: "image/png", data: Buffer.from(String(message["name"])) }, etag: "j1" },
  }),
  ImportBooks: async ({ messages }) => {
    const books: unknown[] = [];
    for await (const { book, shelf } of messages) books.push({ ...(book as object), name: shelf });
    return { message: { books } };
  },
  async *TalkBooks({ messages }) {
    for await (const { name, reader } of messages) yield { name, title: reader };
  },
  UploadBook: async ({ messages }) => {
    let size = 0;
    let last: Record<string, unknown> = {};
    for await (last of messages) size += (last["cover"] as { data: Uint8Array }).data.length;
    return { message: { name: last["name"], pages: size } };
  },
  async *ConvertBook({ messages }) {
    for await (const { contentType, data } of messages) {
      yield {
        contentType,
        data: Buffer.from(
          Buffer.from(data as Uint8Array)
            .toString()
            .toUpperCase(),
        ),
      };
    }
  },
  Anything: ({ message }) => ({ message: { name: message["name"] } }),
};

export interface Serving extends AsyncDisposable {
  url: string;
  port: number;
  transport: { calls: SeenCall[] };
  /** fetch on this server. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** The transcoder over ShelfService on a free port, its services faked. */
export async function serveShelf(
  handlers: Handlers = echoHandlers,
  options: Partial<TranscoderOptions> = {},
): Promise<Serving> {
  const transport = fakeTransport(handlers);
  const listener = createTranscoder({ services: [ShelfService], transport, ...options });
  const serving = await listen(listener);
  return Object.assign(serving, { transport });
}

/** A listener on a free port of the loopback interface. */
export async function listen(listener: RequestListener): Promise<Omit<Serving, "transport">> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    fetch: (path, init) => fetch(url + path, init),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The content type of JSON. */
export const json = { "content-type": "application/json" };

/** Sends `METHOD /path`, with a body when given; answers status and the JSON that came. */
export async function send(
  serving: Serving,
  line: string,
  body?: string,
  headers: Record<string, string> = json,
) {
  const [method = "GET", path = "/"] = line.split(" ");
  const response = await serving.fetch(path, { method, headers, body: body ?? null });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === "" ? undefined : JSON.parse(text),
  };
}
