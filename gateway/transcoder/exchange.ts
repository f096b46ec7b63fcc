import type { IncomingMessage, ServerResponse } from "node:http";
import type { ContextValues, Transport } from "@connectrpc/connect";
import { type BindRequest, type RequestParts, takesRawBody } from "./binding.ts";
import { answerAndClose, leavesBody, readBody, requireIdentity, requireJson } from "./body.ts";
import type { ErrorRenderer } from "./errors.ts";
import type { Fields } from "./fields.ts";
import { hasBody, readMetadata, readTimeout, type Timeouts } from "./headers.ts";
import type { WriteJson } from "./json-write.ts";
import type { Settings } from "./options.ts";
import type { Rule } from "./rules.ts";

/** A rule with everything that can be compiled before the first request. */
export interface Route {
  readonly rule: Rule;
  readonly bind: BindRequest;
  /** Writes a response message as the rule wants it. */
  readonly write: WriteJson;
  /** Local name of the response's `etag` field. */
  readonly etag: string | undefined;
  /** The response is a google.api.HttpBody: bytes with a content type of their own. */
  readonly rawResponse: boolean;
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

/** A call ready to be made. */
export interface Call {
  readonly message: Fields;
  readonly metadata: Record<string, string>;
  readonly timeoutMs: number | undefined;
  readonly contextValues: ContextValues | undefined;
}

/** Reads and checks a request: headers, then `prepare`, then the body, so that a stranger's is never read. */
export async function readCall(exchange: Exchange): Promise<Call> {
  const { request, route, requestId, segments, query, shared } = exchange;
  const { settings } = shared;
  const { headers } = request;
  const timeoutMs = readTimeout(headers, route.timeouts);
  const metadata = readMetadata(headers, settings.forwardHeaders);
  metadata["x-request-id"] = requestId;
  let contextValues: ContextValues | undefined;
  if (settings.prepare !== undefined) {
    const { method } = route.rule;
    const prepared = settings.prepare({ request, method, requestId, metadata });
    contextValues = prepared instanceof Promise ? await prepared : prepared;
  }
  let body: Buffer | undefined;
  if (hasBody(request)) {
    requireIdentity(request);
    if (route.rule.body !== "none" && !takesRawBody(route.rule)) requireJson(request);
    const bytes = await readBody(request, settings.maxBodyBytes);
    if (bytes.length > 0) body = bytes;
  }
  const parts: RequestParts = { segments, query, headers, body };
  return { message: route.bind(parts), metadata, timeoutMs, contextValues };
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
    response.once("close", () => {
      if (!response.writableFinished) controller.abort();
    });
  }
  return controller;
}
