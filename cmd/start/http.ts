import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { answerAndClose, parserRefusal, rawAnswer, refusalOf } from "./http-refusals.ts";

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
  limits?: Partial<HttpLimits>;
}

/** What one connection, or all, may take up. */
export interface HttpLimits {
  /** Milliseconds that a client may take to send its headers. */
  headersTimeoutMs: number;
  /** Milliseconds that a client may take to send its whole request. */
  requestTimeoutMs: number;
  /** Milliseconds that a client may go without taking anything of an answer that waits for it. */
  stallTimeoutMs: number;
  /** Milliseconds that a connection may be idle between requests; more than common load balancers keep theirs. */
  keepAliveMs: number;
  /** Bytes of a request's line and headers together. */
  maxHeaderBytes: number;
  maxHeaders: number;
  /** Connections at once; more are closed as they come. */
  maxConnections: number;
}

const defaultHttpLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  stallTimeoutMs: 60_000,
  keepAliveMs: 75_000,
  maxHeaderBytes: 16 * 1024,
  maxHeaders: 100,
  maxConnections: 20_000,
};

/** A listening HTTP server. */
export interface HttpServer {
  port: number;
  /** Takes no new connection, lets running requests finish for `graceMs`, then closes the rest. */
  drain(graceMs: number): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`, and hands all else to the handler. Requests that are none, too slow
 * or too large are answered here, in the gateway's shape of errors, and their connection is closed.
 */
export async function serveHttp({ limits: given, ...options }: HttpOptions): Promise<HttpServer> {
  const limits = { ...defaultHttpLimits, ...given };
  const answering = new WeakMap<Socket, ServerResponse>();
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(10, Math.min(limits.headersTimeoutMs / 4, 2_000)),
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.maxHeaderBytes,
      requireHostHeader: false, // answered below, as other refusals are
    },
    (request, response) => {
      answering.set(request.socket, response);
      response.setTimeout(limits.stallTimeoutMs, () => endWhenStalled(request.socket, limits.stallTimeoutMs));
      const refusal = refusalOf(request, limits);
      if (refusal !== undefined) answerAndClose(response, refusal);
      else serve(request, response, options);
    },
  );
  server.maxConnections = limits.maxConnections;
  server.on("clientError", (err: NodeJS.ErrnoException, socket: Socket) => {
    // In the middle of an answer, or when the client has gone, there is nothing to say.
    if (!socket.writable || err.code === "ECONNRESET" || answering.get(socket)?.headersSent === true) {
      socket.destroy();
    } else {
      socket.write(rawAnswer(parserRefusal(err, limits)));
      socket.destroySoon();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, drain: (graceMs) => drain(server, graceMs) };
}

function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { isReady, metrics, handler }: Omit<HttpOptions, "limits">,
): void {
  switch (request.url) {
    case "/healthz":
      return text(response, 200, "ok\n");
    case "/readyz":
      return isReady() ? text(response, 200, "ready\n") : text(response, 503, "not ready\n");
    case "/metrics":
      return void metrics().then(
        (body) => text(response, 200, body),
        () => text(response, 500, "no metrics\n"),
      );
    default:
      // HTTP/1.0 has no need of one, but the handlers make URLs of it.
      request.headers.host ??= "localhost";
      return handler(request, response);
  }
}

function text(res: ServerResponse, status: number, body: string): void {
  res
    .writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
    .end(body);
}

/** Ends a connection whose client takes nothing of what waits for it; a stream that is silent may stay so. */
function endWhenStalled(socket: Socket, timeoutMs: number): void {
  if (socket.writableLength > 0) socket.destroy();
  else socket.setTimeout(timeoutMs);
}

const drainSweepMs = 50;

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // What is answered from now on, or ends, leaves its connection open for a request that will not be taken.
  const sweep = setInterval(() => server.closeIdleConnections(), drainSweepMs);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
