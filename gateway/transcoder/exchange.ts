import type { IncomingMessage, ServerResponse } from "node:http";
import type { ContextValues, Transport } from "@connectrpc/connect";
import { type BindRequest, takesRawBody } from "./binding.ts";
import { answerAndClose, isForm, leavesBody, readBody, requireJson } from "./body.ts";
import type { ErrorRenderer } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { formToJson } from "./form.ts";
import { hasBody, readMetadata, readTimeout, type Timeouts } from "./headers.ts";
import type { WriteJson } from "./json-write.ts";
import type { Settings } from "./options.ts";
import type { CheckRequired } from "./required.ts";
import type { Rule } from "./rules.ts";

/** A rule with everything that can be compiled before the first request. */
export interface Route {
  readonly rule: Rule;
  readonly bind: BindRequest;
  /** Refuses a request message without a required field. */
  readonly check: CheckRequired | undefined;
  /** Writes a response message as the rule wants it. */
  readonly write: WriteJson;
  /** Local name of the response's `etag` field. */
  readonly etag: string | undefined;
  /** Finds the google.api.HttpBody that is the response: bytes with a content type of their own. */
  readonly raw: ((message: Fields) => Fields | undefined) | undefined;
  /** The `id:` of a message of the stream; empty for none. */
  readonly eventId: ((message: Fields) => string) | undefined;
  readonly timeouts: Timeouts;
}

/** What all requests of one transcoder share. */
export interface Transcoding {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly errors: ErrorRenderer;
}

/** One request and its response, on the way. */
export interface Exchange {
  readonly shared: Transcoding;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly route: Route;
  readonly segments: readonly string[];
  readonly query: string;
}

/** What goes with a call besides its messages. */
export interface CallHead {
  readonly metadata: Record<string, string>;
  readonly timeoutMs: number | undefined;
  readonly contextValues: ContextValues | undefined;
}

/** Reads the headers of a request, then has `prepare` look at it. */
export function readHead({ request, route, requestId, shared }: Exchange): CallHead | Promise<CallHead> {
  const { settings } = shared;
  const { headers } = request;
  const timeoutMs = readTimeout(headers, route.timeouts);
  const metadata = readMetadata(headers, settings.forwardHeaders, settings.maxMetadataBytes);
  metadata["x-request-id"] = requestId;
  const prepared = settings.prepare?.({ request, method: route.rule.method, requestId, metadata });
  if (prepared instanceof Promise) {
    return prepared.then((contextValues) => ({ metadata, timeoutMs, contextValues }));
  }
  return { metadata, timeoutMs, contextValues: prepared };
}

/** Reads and checks the body of a request and makes the message. To be called after readHead. */
export function readMessage(exchange: Exchange): Fields | Promise<Fields> {
  const { request, route, shared } = exchange;
  if (!hasBody(request)) return bindBody(exchange, undefined);
  const { rule } = route;
  const form = rule.forms && isForm(request);
  if (rule.body !== "none" && !takesRawBody(rule) && !form) requireJson(request);
  return readBody(request, shared.settings.maxBodyBytes).then((bytes) => {
    const body = form ? formToJson(rule.method.input, bytes) : bytes;
    return bindBody(exchange, body.length > 0 ? body : undefined);
  });
}

function bindBody({ request, route, segments, query }: Exchange, body: Buffer | undefined): Fields {
  const message = route.bind({ segments, query, headers: request.headers, body });
  route.check?.(message);
  return message;
}

/** The headers every response has, besides those that describe its body. */
export function baseHeaders(requestId: string): string[] {
  return ["x-request-id", requestId, "x-content-type-options", "nosniff"];
}

/** Adds the documented headers of an RPC's answer, and no-store when they do not speak of caching. */
export function appendRpcHeaders(
  into: string[],
  names: readonly string[],
  header: Headers,
  trailer: Headers,
): void {
  let cacheControl = false;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = header.get(name) ?? trailer.get(name);
    if (value === null) continue;
    into.push(name, value);
    if (name === "cache-control") cacheControl = true;
  }
  if (!cacheControl) into.push("cache-control", "no-store");
}

/** The value of Vary with these names, and those that whoever wraps the transcoder has set before. */
export function varyOf(response: ServerResponse, names: string): string {
  const present = response.getHeader("vary");
  return present === undefined ? names : `${String(present)}, ${names}`;
}

/** What is needed to answer with an error: not always there is a route. */
export type ErrorContext = Pick<Exchange, "shared" | "request" | "response" | "requestId"> & {
  route?: Route;
};

/** Answers with an error, when the client is still there and nothing was answered yet. */
export function answerError(context: ErrorContext, error: unknown): void {
  const { shared, request, response, requestId, route } = context;
  const { status, body, headers } = shared.errors.render(error);
  shared.settings.onError({ error, status, request, requestId, method: route?.rule.method });
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const length = String(Buffer.byteLength(body));
  const all = [
    ...["content-type", "application/json", "content-length", length, "cache-control", "no-store"],
    ...baseHeaders(requestId),
    ...headers,
  ];
  if (leavesBody(request)) {
    answerAndClose(request, response, { status, headers: all, body });
    return;
  }
  response.writeHead(status, all);
  response.end(body);
}

/** Aborts when the client goes away before its answer is complete. */
export function clientSignal(response: ServerResponse): AbortController {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  else {
    response.on("close", () => {
      if (!response.writableFinished) controller.abort();
    });
  }
  return controller;
}
