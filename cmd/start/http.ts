import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers of the process itself, before any service's. */
export interface HttpOptions {
  host: string;
  port: number;
  /** Whether calls should be sent here. */
  isReady: () => boolean;
  /** The metrics in Prometheus' text format. */
  metrics: () => Promise<string>;
  /** Everything else. */
  handler: RequestListener;
}

/** A listening HTTP server. */
export interface HttpServer {
  port: number;
  /** Takes no new connection, lets running requests finish for `graceMs`, then closes the rest. */
  drain(graceMs: number): Promise<void>;
}

/** Milliseconds that a client may take to send its headers, and its whole request. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;

/** Serves `/healthz`, `/readyz` and `/metrics`, and hands all else to the handler. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { isReady, metrics, handler } = options;
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (req, res) => {
      switch (req.url) {
        case "/healthz":
          return text(res, 200, "ok\n");
        case "/readyz":
          return isReady() ? text(res, 200, "ready\n") : text(res, 503, "not ready\n");
        case "/metrics":
          return void metrics().then(
            (body) => text(res, 200, body),
            () => text(res, 500, "no metrics\n"),
          );
        default:
          return handler(req, res);
      }
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, drain: (graceMs) => drain(server, graceMs) };
}

function text(res: ServerResponse, status: number, body: string): void {
  res
    .writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
    .end(body);
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
