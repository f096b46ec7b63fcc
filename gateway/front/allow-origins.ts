import type { IncomingMessage } from "node:http";
import { cors } from "@connectrpc/connect";
import type { Origins } from "./origins.ts";
import { type Layer, visitOf } from "./visit.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** What scripts may send: the headers of Connect and gRPC-Web, and those of REST and of Rowlock itself. */
const allowedHeaders = [
  ...cors.allowedHeaders,
  ...["authorization", "x-api-key", "rowlock-token", "idempotency-key", "if-match", "if-none-match"],
  ...["request-timeout", "last-event-id", "x-cart-id", "x-request-id", "traceparent", "tracestate"],
];

/** What scripts may read besides what CORS lets them read anyway. */
const exposedHeaders = [
  ...cors.exposedHeaders,
  ...["etag", "location", "retry-after", "ratelimit", "ratelimit-policy", "x-request-id", "www-authenticate"],
];

/** How long a browser may remember a preflight's answer; Chromium remembers none for longer than two hours. */
const preflightSeconds = 7200;

/**
 * CORS (the Fetch standard): lets pages of the listed origins call every protocol of the port, with cookies;
 * answers their preflights itself. A page of another origin gets no such header, so that its browser keeps the
 * answer from it.
 */
export function allowOrigins({ origins }: { origins: Origins }): Layer {
  return (next) => (request, response) => {
    const visit = visitOf(request);
    const { headers: answers } = visit;
    const { origin } = request.headers;
    const isListed = origin !== undefined && origins.includes(origin);
    const isAllowed = isListed || (origin !== undefined && origins.any);
    // What a page of one origin was answered must not be served to another's from a cache.
    if (!origins.none) answers.push("vary", "origin");
    if (isAllowed) answers.push("access-control-allow-origin", isListed ? origin : "*");
    if (isListed) answers.push("access-control-allow-credentials", "true");
    if (isPreflight(request)) {
      visit.route = "preflight";
      response.writeHead(204, isAllowed ? preflightHeaders : []).end();
      return;
    }
    if (isAllowed) answers.push("access-control-expose-headers", exposed);
    next(request, response);
  };
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === "OPTIONS" &&
    headers.origin !== undefined &&
    headers["access-control-request-method"] !== undefined
  );
}

const exposed = exposedHeaders.join(", ").toLowerCase();
const preflightHeaders = [
  ...["access-control-allow-methods", methods.join(", ")],
  ...["access-control-allow-headers", allowedHeaders.join(", ").toLowerCase()],
  ...["access-control-max-age", String(preflightSeconds)],
];
