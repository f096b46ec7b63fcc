import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { newTrace, readTraceparent, writeTraceparent } from "../../lib/telemetry/traceparent.ts";
import { readRequestId } from "../transcoder/headers.ts";
import { addDefaultHeaders } from "./default-headers.ts";
import { beginVisit, type Layer } from "./visit.ts";

/**
 * Names every request: its id (the client's own when it is usable), its trace (W3C Trace Context, continued when
 * valid), its client's address. All three also stand in the request's headers, where whatever serves it finds
 * them under their usual names: `x-request-id`, `traceparent` with a parent id of this hop, `x-forwarded-for`.
 */
export function identifyRequests({
  clientAddress,
}: {
  clientAddress: (request: IncomingMessage) => string;
}): Layer {
  return (next) => (request, response) => {
    const { headers } = request;
    const requestId = readRequestId(headers, randomUUID);
    let trace = readTraceparent(headers["traceparent"] as string | undefined);
    if (trace === undefined) {
      trace = newTrace();
      // It continues a trace that nobody can name.
      if (headers["tracestate"] !== undefined) delete headers["tracestate"];
    }
    const address = clientAddress(request);
    headers["x-request-id"] = requestId;
    headers["traceparent"] = writeTraceparent(trace);
    headers["x-forwarded-for"] = address;
    const answers = ["x-request-id", requestId];
    beginVisit(request, {
      requestId,
      traceId: trace.traceId,
      address,
      headers: answers,
      route: undefined,
      caller: "none",
    });
    addDefaultHeaders(response, answers);
    next(request, response);
  };
}
