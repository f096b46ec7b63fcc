import type { ServerResponse } from "node:http";
import type { DescMethodStreaming } from "@bufbuild/protobuf";
import type { StreamResponse } from "@connectrpc/connect";
import {
  appendRpcHeaders,
  baseHeaders,
  type Call,
  clientSignal,
  type Exchange,
  readCall,
} from "./exchange.ts";
import type { Fields } from "./fields.ts";
import { contentType } from "./unary.ts";

/** How a stream of messages is written down. */
interface Framing {
  readonly contentType: string;
  /** Before the first message. */
  readonly open: string;
  message(json: string, index: number): string;
  /** An error after the first message: too late for a status. */
  error(json: string, index: number): string;
  /** After the last message. */
  readonly close: string;
  readonly heartbeat: string | undefined;
}

const framings: Record<string, Framing> = {
  // The default: readable with curl as it comes. An error is a last line with the one member "error".
  "application/x-ndjson": {
    contentType: "application/x-ndjson",
    open: "",
    message: (json) => `${json}\n`,
    error: (json) => `${json}\n`,
    close: "",
    heartbeat: undefined,
  },
  // EventSource reconnects when a stream just stops, so the end is an event of its own.
  "text/event-stream": {
    contentType: "text/event-stream",
    open: "",
    message: (json) => `data: ${json}\n\n`,
    error: (json) => `event: error\ndata: ${json}\n\n`,
    close: "event: end\ndata: {}\n\n",
    heartbeat: ":\n\n",
  },
  "application/json": {
    contentType: "application/json",
    open: "[",
    message: (json, index) => (index === 0 ? json : `,${json}`),
    error: (json, index) => (index === 0 ? `${json}]` : `,${json}]`),
    close: "]",
    heartbeat: undefined,
  },
};

/** Media types a stream is served as, the preferred first. */
export const streamTypes: readonly string[] = Object.keys(framings);

/** Serves one request of a server-streaming method. Throws what `answerError` renders. */
export async function serveStream(exchange: Exchange, mediaType: string): Promise<void> {
  const call = await readCall(exchange);
  const controller = clientSignal(exchange.response);
  const stream = new ResponseStream(exchange, call, controller.signal);
  try {
    const framing = exchange.route.rawResponse ? undefined : framings[mediaType];
    if (framing === undefined) await writeRaw(exchange, stream);
    else await writeMessages(exchange, stream, framing);
  } finally {
    // Nothing more is wanted, be it because all is sent, the client is gone, or an error ended it.
    controller.abort();
    stream.close();
  }
}

/** The messages of a call, the first one fetched from the beginning so that an early error has a status. */
class ResponseStream {
  readonly #opened: Promise<IteratorResult<unknown>>;
  #iterator: AsyncIterator<unknown> | undefined;
  #answer: StreamResponse | undefined;

  constructor(exchange: Exchange, call: Call, signal: AbortSignal) {
    this.#opened = this.#open(exchange, call, signal);
    // It is awaited later, or not at all when the client goes away meanwhile.
    this.#opened.catch(() => {});
  }

  async #open(
    { shared, route }: Exchange,
    call: Call,
    signal: AbortSignal,
  ): Promise<IteratorResult<unknown>> {
    this.#answer = await shared.transport.stream(
      route.rule.method as DescMethodStreaming,
      signal,
      call.timeoutMs,
      call.metadata,
      once(call.message),
      call.contextValues,
    );
    this.#iterator = this.#answer.message[Symbol.asyncIterator]();
    return await this.#iterator.next();
  }

  /** Waits for the first message, but at most so long; answers whether it is there. */
  async begun(withinMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, withinMs, false);
    });
    try {
      return await Promise.race([this.#opened.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  first(): Promise<IteratorResult<unknown>> {
    return this.#opened;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#iterator === undefined) throw new TypeError("the first message was not awaited");
    return this.#iterator.next();
  }

  /** The RPC's headers; none while it has not answered. */
  get header(): Headers {
    return this.#answer?.header ?? new Headers();
  }

  close(): void {
    // A generator that is waiting cannot return before it wakes; the abort signal wakes it.
    this.#iterator?.return?.().catch(() => {});
  }
}

async function writeMessages(exchange: Exchange, stream: ResponseStream, framing: Framing): Promise<void> {
  const { request, response, route, shared } = exchange;
  const { settings } = shared;
  const begun = await stream.begun(settings.streamHeadMs);
  if (response.destroyed) return;
  const headers = [...baseHeaders(exchange.requestId), "content-type", framing.contentType];
  headers.push("x-accel-buffering", "no"); // proxies that know it pass each message on at once
  appendRpcHeaders(headers, settings.responseHeaders, stream.header, none);
  response.writeHead(200, headers);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  if (framing.open !== "") response.write(framing.open);
  if (!begun) response.flushHeaders();
  const heartbeat = startHeartbeat(response, framing, settings.heartbeatMs);
  let index = 0;
  try {
    for (let result = await stream.first(); result.done !== true; result = await stream.next()) {
      if (!(await write(response, framing.message(route.write(result.value), index)))) return;
      index++;
    }
    response.end(framing.close);
  } catch (error) {
    const { status, body } = shared.errors.render(error);
    const { requestId } = exchange;
    settings.onError({ error, status, request, requestId, method: route.rule.method });
    if (!response.destroyed) response.end(framing.error(body, index));
  } finally {
    clearInterval(heartbeat);
  }
}

/** Writes a stream of google.api.HttpBody: the content type is the first one's, an error cuts it off. */
async function writeRaw(exchange: Exchange, stream: ResponseStream): Promise<void> {
  const { request, response, shared, requestId } = exchange;
  let result = await stream.first();
  if (response.destroyed) return;
  const type = result.done === true ? "application/octet-stream" : contentType(result.value as Fields);
  const headers = [...baseHeaders(requestId), "content-type", type];
  appendRpcHeaders(headers, shared.settings.responseHeaders, stream.header, none);
  response.writeHead(200, headers);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  for (; result.done !== true; result = await stream.next()) {
    if (!(await write(response, (result.value as Fields)["data"] as Uint8Array))) return;
  }
  response.end();
}

const none = new Headers();

async function* once<T>(message: T): AsyncIterable<T> {
  yield message;
}

function startHeartbeat(
  response: ServerResponse,
  { heartbeat }: Framing,
  ms: number,
): NodeJS.Timeout | undefined {
  if (heartbeat === undefined) return undefined;
  return setInterval(() => {
    if (!response.writableNeedDrain) response.write(heartbeat);
  }, ms).unref();
}

/** Writes and waits until the client has taken enough to go on; false when it is gone. */
async function write(response: ServerResponse, chunk: string | Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    response.on("drain", settle).on("close", settle);
    function settle(): void {
      response.off("drain", settle).off("close", settle);
      resolve();
    }
  });
  return !response.destroyed;
}
