import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { create, createRegistry, type DescFile, type DescService, type Registry } from "@bufbuild/protobuf";
import { HttpSchema } from "../../gen/google/api/http_pb.js";
import { file_google_rpc_error_details } from "../../gen/google/rpc/error_details_pb.js";
import { negotiate } from "./accept.ts";
import { compileEventId, compileRaw } from "./answer-parts.ts";
import { compileBinding, stringField } from "./binding.ts";
import { requireCodings } from "./coding.ts";
import { createErrorRenderer } from "./errors.ts";
import { answerError, baseHeaders, type Exchange, type Route, type Transcoding } from "./exchange.ts";
import { type Fields, getField } from "./fields.ts";
import { defaultForwardHeaders, forwardList, readRequestId } from "./headers.ts";
import { createJsonWriter } from "./json-write.ts";
import type { Settings, TranscoderOptions } from "./options.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";
import { requiredCheck } from "./required.ts";
import type { Match } from "./router.ts";
import { buildRouter } from "./routes.ts";
import { answersStream, type Rule, readRules } from "./rules.ts";
import { serveStream, streamTypes } from "./stream.ts";
import { serveClientStream, serveUnary } from "./unary.ts";

/**
 * A request listener for node:http that serves the services' `google.api.http` routes as REST over JSON,
 * calling them through the transport. Everything derivable from the descriptors is compiled here, once.
 *
 * Throws RuleError on an option that cannot be served, or two methods with the same route (naming both), and
 * TypeError on a header that must not be forwarded. The listener itself never throws: every failure is
 * answered in the one error shape (`errors.ts`).
 */
export function createTranscoder(options: TranscoderOptions): RequestListener {
  const { services, transport } = options;
  const settings = withDefaults(options);
  const registry = registryOf(services, options.registry);
  const http = create(HttpSchema, options.http);
  const writer = createJsonWriter({ registry, emitDefaults: true });
  const errors = createErrorRenderer({
    registry,
    writer,
    standardWriter: createJsonWriter({ registry, emitDefaults: false }),
    realm: settings.realm,
  });
  const shared: Transcoding = { settings, transport, errors };
  const router = buildRouter(readRules(services, http.rules), compile);

  return (request, response) => {
    const requestId = readRequestId(request.headers, settings.createRequestId);
    const url = originForm(request.url ?? "/");
    if (url.length > settings.maxUrlBytes) {
      const error = fail("URL_TOO_LONG", { limit: String(settings.maxUrlBytes) });
      answerError({ shared, request, response, requestId }, new Refusal({ status: 414, error }));
      return;
    }
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    let match: Match<Route>;
    try {
      match = router.find(request.method ?? "GET", path);
    } catch (err) {
      answerError({ shared, request, response, requestId }, err);
      return;
    }
    if (match.kind !== "found") {
      answerUnrouted({ shared, request, response, requestId }, match, path);
      return;
    }
    const query = mark < 0 ? "" : url.slice(mark + 1);
    const { route, segments } = match;
    serve({ shared, request, response, requestId, route, segments, query });
  };

  function compile(rule: Rule): Route {
    const { method } = rule;
    const streaming = method.methodKind !== "unary";
    const etag = answersStream(method) ? undefined : stringField(method.output, "etag");
    return {
      rule,
      bind: compileBinding(rule, {
        registry,
        maxDepth: settings.maxDepth,
        lastEventIdField: settings.lastEventIdField,
        decodeSlashes: http.fullyDecodeReservedExpansion,
      }),
      check: requiredCheck(method.input),
      write: responseWriter(rule),
      etag: etag?.localName,
      raw: compileRaw(rule),
      eventId: compileEventId(method.output, settings.eventIdField),
      timeouts: streaming ? settings.streamTimeouts : settings.timeouts,
    };
  }

  function responseWriter({ method, responseBody }: Rule): Route["write"] {
    if (responseBody === "message") return writer.message(method.output);
    const write = writer.field(responseBody);
    return (message) => {
      const value = getField(message as Fields, responseBody);
      return value === undefined ? "null" : write(value);
    };
  }
}

/** `http://host/path?query`, as proxies are asked, without scheme and host. */
function originForm(url: string): string {
  return url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?#]*/i, "");
}

function serve(exchange: Exchange): void {
  try {
    begin(exchange).catch((err: unknown) => answerError(exchange, err));
  } catch (err) {
    answerError(exchange, err);
  }
}

function begin(exchange: Exchange): Promise<void> {
  const { request, route } = exchange;
  if (exchange.shared.settings.compress) requireCodings(request);
  const { method } = route.rule;
  if (answersStream(method)) {
    return serveStream(exchange, route.raw === undefined ? requireAcceptable(request, streamTypes) : "");
  }
  if (route.raw === undefined) requireAcceptable(request, unaryTypes);
  return method.methodKind === "unary" ? serveUnary(exchange) : serveClientStream(exchange);
}

const unaryTypes = ["application/json"];

function requireAcceptable({ headers }: IncomingMessage, offers: readonly string[]): string {
  const type = negotiate(headers.accept, offers);
  if (type !== undefined) return type;
  const metadata = { offered: offers.join(", "), accept: (headers.accept ?? "").slice(0, 100) };
  throw new Refusal({ status: 406, error: fail("NOT_ACCEPTABLE", metadata) });
}

/** A path without a route for this method: somebody else's, OPTIONS, 404 or 405. */
function answerUnrouted(
  context: Omit<Exchange, "route" | "segments" | "query">,
  match: Exclude<Match<Route>, { kind: "found" }>,
  path: string,
): void {
  const { shared, request, response, requestId } = context;
  const where = path.slice(0, 200);
  if (match.kind === "none") {
    if (shared.settings.fallback === undefined)
      answerError(context, fail("ROUTE_NOT_FOUND", { path: where }));
    else shared.settings.fallback(request, response);
    return;
  }
  const allow = match.allow.join(", ");
  if (request.method === "OPTIONS") {
    response.writeHead(204, [...baseHeaders(requestId), "allow", allow]);
    response.end();
    return;
  }
  const method = request.method ?? "";
  const error = fail("METHOD_NOT_ALLOWED", { path: where, allow, method });
  answerError(context, new Refusal({ status: 405, error, headers: ["allow", allow] }));
}

function withDefaults(options: TranscoderOptions): Settings {
  return {
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    maxStreamBytes: options.maxStreamBytes ?? 64 * 1024 * 1024,
    maxUrlBytes: options.maxUrlBytes ?? 8192,
    maxMetadataBytes: options.maxMetadataBytes ?? 8192,
    compress: options.compress ?? true,
    maxDepth: options.maxDepth ?? 64,
    timeouts: options.timeouts ?? { default: 30_000, max: 60_000 },
    streamTimeouts: options.streamTimeouts ?? { default: undefined, max: undefined },
    forwardHeaders: forwardList(options.forwardHeaders ?? defaultForwardHeaders),
    responseHeaders: (options.responseHeaders ?? ["cache-control", "location"]).map((name) =>
      name.toLowerCase(),
    ),
    eventIdField: options.eventIdField ?? "event_id",
    lastEventIdField: options.lastEventIdField ?? "last_event_id",
    createRequestId: options.createRequestId ?? randomUUID,
    prepare: options.prepare,
    fallback: options.fallback,
    onError: options.onError ?? (() => {}),
    realm: options.realm ?? "rowlock",
    streamHeadMs: options.streamHeadMs ?? 1000,
    heartbeatMs: options.heartbeatMs ?? 15_000,
  };
}

/** All types of the services' files and what they import, the error details of google.rpc, and further ones. */
function registryOf(services: readonly DescService[], further: Registry | undefined): Registry {
  const files = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (files.has(file.name)) return;
    files.set(file.name, file);
    file.dependencies.forEach(add);
  };
  add(file_google_rpc_error_details);
  for (const service of services) add(service.file);
  return further === undefined
    ? createRegistry(...files.values())
    : createRegistry(further, ...files.values());
}
