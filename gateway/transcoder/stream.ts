import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import type { DescMethodStreaming } from "@bufbuild/protobuf";
import type { StreamResponse } from "@connectrpc/connect";
import { within } from "../../lib/within.ts";
import { compressor, isStreamCompressible, streamCoding } from "./coding.ts";
import {
  appendRpcHeaders,
  baseHeaders,
  type CallHead,
  clientSignal,
  type Exchange,
  readHead,
  readMessage,
  varyOf,
} from "./exchange.ts";
import type { Fields } from "./fields.ts";
import { RequestStream } from "./request-stream.ts";
import { takesStream } from "./rules.ts";
import { contentType, dataOf } from "./unary.ts";

/** How a stream of messages is written down. */
interface Framing {
  readonly contentType: string;
  /** Before the first message. */
  readonly open: string;
  /** `id` is empty, or what a client goes on from. */
  message(json: string, index: number, id: string): string;
  /** An error after the first message: too late for a status. */
  error(json: string, index: number): string;
  /** After the last message. */
  readonly close: string;
  readonly heartbeat: string | undefined;
}

/** When EventSource is to be back: not all at once, when a process has stopped and sends thousands away. */
function retryMs(): number {
  return 500 + Math.floor(Math.random() * 2_000);
}

const eventStream = "text/event-stream";

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
  // EventSource reconnects after an end, too: the event is for pages that then close it, 204 for all others.
  [eventStream]: {
    contentType: eventStream,
    open: "",
    message: (json, _, id) => (id === "" ? `data: ${json}\n\n` : `id: ${id}\ndata: ${json}\n\n`),
    error: (json) => `event: error\nretry: ${retryMs()}\ndata: ${json}\n\n`,
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

/**
 * Serves one request of a method that answers a stream, be its request one message or a stream itself. Throws
 * what `answerError` renders.
 */
export async function serveStream(exchange: Exchange, mediaType: string): Promise<void> {
  const { response, route } = exchange;
  const head = await readHead(exchange);
  const streaming = takesStream(route.rule.method);
  const message = streaming ? undefined : await readMessage(exchange);
  const controller = clientSignal(response);
  const requests = message === undefined ? new RequestStream(exchange, controller) : undefined;
  const stream = new ResponseStream(exchange, {
    head,
    messages: requests?.messages() ?? once(message),
    signal: controller.signal,
  });
  try {
    const framing = route.raw === undefined ? framings[mediaType] : undefined;
    if (framing === undefined) await writeRaw(exchange, stream);
    else await writeMessages(exchange, stream, { framing, requests });
  } catch (err) {
    throw requests?.error ?? err;
  } finally {
    // Nothing more is wanted, be it because all is sent, the client is gone, or an error ended it.
    controller.abort();
    stream.close();
    requests?.close();
  }
}

interface Outgoing {
  head: CallHead;
  messages: AsyncIterable<unknown>;
  signal: AbortSignal;
}

/** The messages of a call, the first one fetched from the beginning so that an early error has a status. */
class ResponseStream {
  readonly #opened: Promise<IteratorResult<unknown>>;
  #iterator: AsyncIterator<unknown> | undefined;
  #answer: StreamResponse | undefined;

  constructor(exchange: Exchange, call: Outgoing) {
    this.#opened = this.#open(exchange, call);
    // It is awaited later, or not at all when the client goes away meanwhile.
    this.#opened.catch(() => {});
  }

  async #open(
    { shared, route }: Exchange,
    { head, messages, signal }: Outgoing,
  ): Promise<IteratorResult<unknown>> {
    this.#answer = await shared.transport.stream(
      route.rule.method as DescMethodStreaming,
      signal,
      head.timeoutMs,
      head.metadata,
      messages as AsyncIterable<never>,
      head.contextValues,
    );
    this.#iterator = this.#answer.message[Symbol.asyncIterator]();
    return await this.#iterator.next();
  }

  /** Waits for the first message, but at most so long; answers whether it is there. */
  begun(withinMs: number): Promise<boolean> {
    const begun = this.#opened.then(() => true);
    return within(begun, { ms: withinMs, late: () => false });
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

  /** The RPC's trailers; they are there when the messages have ended. */
  get trailer(): Headers {
    return this.#answer?.trailer ?? new Headers();
  }

  close(): void {
    // A generator that is waiting cannot return before it wakes; the abort signal wakes it.
    this.#iterator?.return?.().catch(() => {});
  }
}

async function writeMessages(
  exchange: Exchange,
  stream: ResponseStream,
  { framing, requests }: { framing: Framing; requests: RequestStream | undefined },
): Promise<void> {
  const { request, response, route, shared, requestId } = exchange;
  const { settings } = shared;
  const begun = await stream.begun(settings.streamHeadMs);
  if (response.destroyed) return;
  if (begun && isResumed(request, framing) && (await stream.first()).done === true) {
    response.writeHead(204, [...baseHeaders(requestId), "cache-control", "no-store"]).end();
    return;
  }
  const sink = begin(exchange, stream, framing.contentType);
  if (sink === undefined) return;
  if (framing.open !== "") sink.write(framing.open);
  if (!begun) response.flushHeaders();
  const heartbeat = startHeartbeat(response, framing, settings.heartbeatMs);
  let index = 0;
  try {
    for (let result = await stream.first(); result.done !== true; result = await stream.next()) {
      const id = route.eventId?.(result.value as Fields) ?? "";
      if (!(await write(response, sink, framing.message(route.write(result.value), index, id)))) return;
      index++;
    }
    addTrailers(exchange, stream);
    sink.end(framing.close);
  } catch (err) {
    const error = requests?.error ?? err;
    const { status, body } = shared.errors.render(error);
    settings.onError({ error, status, request, requestId, method: route.rule.method });
    if (!response.destroyed) sink.end(framing.error(body, index));
  } finally {
    clearInterval(heartbeat);
    if (!sink.writableEnded) sink.destroy();
  }
}

/** Whether EventSource is back: when there is nothing more to come, 204 is what keeps it from coming again. */
function isResumed({ headers }: Exchange["request"], framing: Framing): boolean {
  return framing.contentType === eventStream && (headers["last-event-id"] ?? "") !== "";
}

/** Writes a stream of google.api.HttpBody: the content type is the first one's, an error cuts it off. */
async function writeRaw(exchange: Exchange, stream: ResponseStream): Promise<void> {
  const { response, route } = exchange;
  const bodyOf = (message: unknown) => route.raw?.(message as Fields);
  let result = await stream.first();
  if (response.destroyed) return;
  const sink = begin(exchange, stream, contentType(result.done === true ? undefined : bodyOf(result.value)));
  if (sink === undefined) return;
  try {
    for (; result.done !== true; result = await stream.next()) {
      if (!(await write(response, sink, dataOf(bodyOf(result.value))))) return;
    }
    addTrailers(exchange, stream);
    sink.end();
  } finally {
    if (!sink.writableEnded) sink.destroy();
  }
}

/** Writes the head of a stream; answers where its body goes, or undefined when HEAD wants none. */
function begin(exchange: Exchange, stream: ResponseStream, type: string): Writable | undefined {
  const { request, response, route, shared, requestId } = exchange;
  const { settings } = shared;
  const headers = [...baseHeaders(requestId), "content-type", type];
  headers.push("x-accel-buffering", "no"); // proxies that know it pass each message on at once
  appendRpcHeaders(headers, settings.responseHeaders, stream.header, none);
  const varies = route.raw === undefined ? ["accept"] : [];
  if (settings.compress && isStreamCompressible(type)) varies.push("accept-encoding");
  if (varies.length > 0) headers.push("vary", varyOf(response, varies.join(", ")));
  const coding = settings.compress ? streamCoding(request, type) : undefined;
  if (coding !== undefined) headers.push("content-encoding", coding);
  const trailers = trailerNames(exchange);
  if (trailers.length > 0) headers.push("trailer", trailers.join(", "));
  response.writeHead(200, headers);
  if (request.method === "HEAD") {
    response.end();
    return undefined;
  }
  if (coding === undefined) return response;
  const sink = compressor(coding);
  sink.pipe(response);
  return sink;
}

/** Fields that are of no use, or not allowed, after the body (RFC 9110, section 6.5.1). */
const neverTrailers = new Set([
  "cache-control",
  "location",
  "set-cookie",
  "vary",
  "age",
  "expires",
  "www-authenticate",
]);

/** The RPC's trailers that go out as HTTP trailers: those that are passed on, if the client says it takes any. */
function trailerNames({ request, shared }: Exchange): readonly string[] {
  const { te } = request.headers;
  if (te === undefined || !/(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(String(te))) return [];
  return shared.settings.responseHeaders.filter((name) => !neverTrailers.has(name));
}

function addTrailers(exchange: Exchange, stream: ResponseStream): void {
  for (const name of trailerNames(exchange)) {
    const value = stream.trailer.get(name);
    if (value !== null) exchange.response.addTrailers({ [name]: value });
  }
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
async function write(response: ServerResponse, sink: Writable, chunk: string | Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  if (sink.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    sink.on("drain", settle);
    response.on("close", settle);
    function settle(): void {
      sink.off("drain", settle);
      response.off("close", settle);
      resolve();
    }
  });
  return !response.destroyed;
}
