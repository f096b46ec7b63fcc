import type { Log } from "../../lib/telemetry/log.ts";
import { type Layer, visitOf } from "./visit.ts";

/** One answered request, for metrics. `route` is a template; undefined when nothing was found at the path. */
export type ObserveRequest = (request: { route: string | undefined; status: number }) => void;

/**
 * Logs each request once, when its answer is out or the client has gone: what was called, how it was answered, how
 * long that took, by whom; never a path, a header or a body, which may hold secrets. Answers of 500 and above are
 * errors, all others info. 499 is a client that left before there was an answer.
 */
export function logAccess({ log, observe }: { log: Log; observe?: ObserveRequest | undefined }): Layer {
  return (next) => (request, response) => {
    const started = performance.now();
    const { socket } = request;
    const before = socket.bytesWritten;
    response.once("close", () => {
      const { requestId, traceId, route, caller } = visitOf(request);
      const status = response.headersSent ? response.statusCode : 499;
      observe?.({ route, status });
      const level = status >= 500 ? "error" : "info";
      if (!log.isLevelEnabled(level)) return;
      log[level](
        {
          method: request.method,
          route,
          status,
          ms: Math.round((performance.now() - started) * 1000) / 1000,
          bytes: socket.bytesWritten - before,
          request_id: requestId,
          trace_id: traceId,
          caller,
          aborted: response.writableFinished ? undefined : true,
        },
        "http",
      );
    });
    next(request, response);
  };
}
