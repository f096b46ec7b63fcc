import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault, Faults } from "../faults/faults.ts";
import type { SandboxLog } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Failures, Reply, SandboxRequest, Vendor } from "./message.ts";

export interface HttpServer {
  listen(address: { port: number; host: string }): Promise<{ url: string; port: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Hands each request to the vendor that owns its path. An answer leaves only after what it tells about is
 * committed, so a killed process never forgets what it has answered. `latencyMs` delays every answer; `faults`
 * decides which requests fare worse.
 */
export function createHttpServer({
  vendors,
  store,
  log,
  latencyMs,
  faults,
}: {
  vendors: readonly Vendor[];
  faults: Faults;
  store: Store;
  log: SandboxLog;
  latencyMs: number;
}): HttpServer {
  const server = createServer((req, res) => {
    serve(req, res).catch((err: unknown) => {
      log.error({ err, method: req.method, path: req.url }, "sandbox request failed");
      if (!res.headersSent) res.writeHead(500, { "content-type": "text/plain" }).end("the sandbox failed\n");
      else res.destroy();
    });
  });
  /** Ends the silences that are under way. */
  const closing = new AbortController();
  // Above the keep-alive time of the callers' agents, so that the server never closes a socket in use.
  server.keepAliveTimeout = 75_000;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const target = req.url ?? "/";
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const vendor = vendors.find((candidate) => candidate.owns(path));
    if (!vendor) {
      req.resume();
      send(res, { status: 404, headers: { "content-type": "text/plain" }, body: `no such path: ${path}\n` });
      return;
    }
    const { failures } = vendor;
    const method = req.method ?? "GET";
    // Before the body is read: requests count in the order of their arrival.
    const fault = failures && faults.next({ vendor: failures.vendor, method, path });
    const body = await readBody(req, vendor.maxBody);
    if (!body) {
      res.setHeader("connection", "close");
      send(res, vendor.tooLarge());
      return;
    }
    const request: SandboxRequest = {
      method,
      path,
      query: mark < 0 ? "" : target.slice(mark + 1),
      headers: req.headers,
      body,
    };
    if (fault && failures && (await failBefore(res, { fault, failures }))) return;
    const reply = await vendor.handle(request);
    const answer = fault?.kind === "error_after" && failures ? failures.internal({ request, reply }) : reply;
    try {
      await store.committed();
      if (latencyMs > 0) await delay(latencyMs);
      if (fault?.kind === "latency") await hold(res, fault.ms);
    } finally {
      // The vendor is done with the request, whatever becomes of its answer.
      reply.sent?.();
    }
    if (fault && (await loseAnswer(res, fault))) return;
    send(res, answer);
  }

  /** Keeps the caller waiting, until it gives up or the server closes at the latest. */
  async function hold(res: ServerResponse, ms: number): Promise<void> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    res.once("close", leave);
    try {
      await delay(ms, undefined, { signal: AbortSignal.any([gone.signal, closing.signal]) });
    } catch {
      // Given up: there is nobody left to keep waiting.
    } finally {
      res.off("close", leave);
    }
  }

  /** Plays the faults of which the vendor's own code knows nothing; true when that was the answer. */
  async function failBefore(
    res: ServerResponse,
    { fault, failures }: { fault: Fault; failures: Failures },
  ): Promise<boolean> {
    switch (fault.kind) {
      case "error_before":
        send(res, failures.internal());
        return true;
      case "rate_limited":
        send(res, failures.rateLimited());
        return true;
      case "timeout_before":
        await hold(res, fault.ms);
        hangUp(res);
        return true;
      case "drop_before":
        hangUp(res);
        return true;
      case "error_after":
      case "timeout_after":
      case "drop_after":
      case "latency":
        return false;
    }
  }

  /** True when the answer is not to reach the caller. */
  async function loseAnswer(res: ServerResponse, fault: Fault): Promise<boolean> {
    if (fault.kind !== "timeout_after" && fault.kind !== "drop_after") return false;
    if (fault.kind === "timeout_after") await hold(res, fault.ms);
    hangUp(res);
    return true;
  }

  return {
    async listen({ port, host }) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.removeListener("error", reject);
          resolve();
        });
      });
      const address = server.address() as AddressInfo;
      const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
      return { url: `http://${name}:${address.port}`, port: address.port };
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await close(server);
    },
  };
}

/** As when the vendor's machine goes away: the caller sees a reset connection. */
function hangUp(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}

function send(res: ServerResponse, { status, headers, body }: Reply): void {
  // A text leaves in one piece with its header; bytes would be a second write.
  res.writeHead(status, { ...headers, "content-length": body === undefined ? 0 : Buffer.byteLength(body) });
  res.end(body);
}

/** The whole body, or undefined when it is larger than `limit` bytes. */
async function readBody(req: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (req.method === "GET" || req.method === "HEAD") {
    req.resume();
    return Buffer.alloc(0);
  }
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        resolve(undefined);
      }
    });
    req.on("end", () =>
      resolve(size > limit ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
    );
    req.on("error", reject);
    req.on("close", () => {
      if (!req.complete) reject(new Error("the caller went away"));
    });
  });
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve, reject) => {
    server.close((err) => (err ? reject(err) : resolve()));
    server.closeIdleConnections();
    const late = setTimeout(() => server.closeAllConnections(), 2_000);
    late.unref();
  });
}
