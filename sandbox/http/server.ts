import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxLog } from "../log.ts";
import type { Store } from "../store/store.ts";
import type { Reply, SandboxRequest, Vendor } from "./message.ts";

export interface HttpServer {
  listen(address: { port: number; host: string }): Promise<{ url: string; port: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Hands each request to the vendor that owns its path. An answer leaves only after what it tells about is
 * committed, so a killed process never forgets what it has answered. `latencyMs` delays every answer.
 */
export function createHttpServer({
  vendors,
  store,
  log,
  latencyMs,
}: {
  vendors: readonly Vendor[];
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
    const body = await readBody(req, vendor.maxBody);
    if (!body) {
      res.setHeader("connection", "close");
      send(res, vendor.tooLarge());
      return;
    }
    const request: SandboxRequest = {
      method: req.method ?? "GET",
      path,
      query: mark < 0 ? "" : target.slice(mark + 1),
      headers: req.headers,
      body,
    };
    const reply = await vendor.handle(request);
    try {
      await store.committed();
      if (latencyMs > 0) await delay(latencyMs);
      send(res, reply);
    } finally {
      reply.sent?.();
    }
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
      await close(server);
    },
  };
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
