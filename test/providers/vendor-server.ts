import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the server saw it. */
export interface Seen {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

/** How the server answers a request. */
export type Answer = (res: ServerResponse, seen: Seen) => void;

/** Answers with JSON. */
export function json(status: number, body: unknown): Answer {
  return (res) => {
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

/** Answers with a page, as gateways in front of a vendor do. */
export function page(status: number): Answer {
  return (res) => {
    res.writeHead(status, { "content-type": "text/html" }).end("<h1>Out of order</h1>");
  };
}

/** Answers with what is not JSON although it says so. */
export const malformed: Answer = (res) => {
  res.writeHead(201, { "content-type": "application/json" }).end('{"object_id": "x", ');
};

/** Closes the connection without an answer. */
export const reset: Answer = (res) => {
  res.socket?.resetAndDestroy();
};

/** Breaks off in the middle of the answer. */
export const truncated: Answer = (res) => {
  res.writeHead(201, { "content-type": "application/json", "content-length": "1000" });
  res.write('{"object_id": "x", ', () => res.socket?.destroy());
};

/** Never answers. */
export const silence: Answer = () => undefined;

/** Answers a byte now and then, so that no single wait is long. */
export const drip: Answer = (res) => {
  res.writeHead(201, { "content-type": "application/json" });
  const timer = setInterval(() => res.write(" "), 20);
  res.on("close", () => clearInterval(timer));
};

/** Begins an answer, and says no more. */
export const stalled: Answer = (res) => {
  res.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  res.write('{"object_id": "x", ');
};

/** Sends whoever asks back to the same place, for ever. */
export const redirect: Answer = (res, { path }) => {
  res.writeHead(302, { location: path }).end();
};

/** Too many requests; more than the time-outs of the tests are to pass until the next. */
export const busy: Answer = (res) => {
  res.writeHead(429, { "content-type": "application/json", "retry-after": "3600" });
  res.end('{"error": {"type": "rate_limit_error", "message": "Slow down."}}');
};

/** Answers more than anybody asked for, as long as somebody listens; at most 256 MiB. */
export const flood: Answer = (res) => {
  res.writeHead(200, { "content-type": "application/json" });
  res.write('{"object_id": "');
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let left = 256;
  const more = () => {
    while (left-- > 0) if (!res.write(chunk)) return void res.once("drain", more);
    res.end('"}');
  };
  more();
};

/** An HTTP server that answers as it is told, first come first served, and keeps what it was asked. */
export async function startVendorServer() {
  const seen: Seen[] = [];
  const script: Answer[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const request = {
        method: req.method ?? "",
        path: req.url ?? "",
        headers: req.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(request);
      const answer = script.length > 1 ? script.shift() : script[0];
      (answer ?? page(500))(res, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** The answers to come, in order; the last one again and again. */
    answer(...answers: Answer[]) {
      seen.length = 0;
      script.splice(0, script.length, ...answers);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address where nothing listens. */
export async function deadUrl(): Promise<string> {
  const server = await startVendorServer();
  await server[Symbol.asyncDispose]();
  return server.url;
}

/** What a promise was rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (err) {
    return err;
  }
  throw new Error("it was not rejected");
}

/** Everything that an error would show in a log, its causes included. */
export function everythingIn(err: unknown): string {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) {
      texts.push(String(value));
    } else if (!seen.has(value)) {
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) visit((value as Record<PropertyKey, unknown>)[key]);
    }
  };
  visit(err);
  return texts.join("\n");
}
