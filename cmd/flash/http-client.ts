import { Agent, request } from "node:http";

/** An answer over HTTP, its JSON read; what is none is text. */
export interface HttpAnswer {
  status: number;
  // Answers are read as a storefront does: as plain JSON.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

/** What a request carries besides its method and path. */
export interface HttpCall {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/** A lean HTTP client over kept-alive connections: the buyers share the machine with the shop. */
export interface HttpClient {
  /** Rejects when the connection breaks or no answer comes in time. */
  send(call: HttpCall): Promise<HttpAnswer>;
  [Symbol.dispose](): void;
}

const timeoutMs = 30_000;

/** A client of one address with at most so many connections. */
export function createHttpClient(baseUrl: string, connections: number): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(baseUrl);
  return {
    [Symbol.dispose]: () => agent.destroy(),
    send: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const req = request({
          agent,
          hostname,
          port,
          method,
          path,
          timeout: timeoutMs,
          headers: {
            ...headers,
            ...(payload !== undefined && {
              "content-type": "application/json",
              "content-length": String(Buffer.byteLength(payload)),
            }),
          },
        });
        req.on("timeout", () => req.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
        req.on("error", reject);
        req.on("response", (res) => {
          const chunks: Buffer[] = [];
          res.on("data", (chunk: Buffer) => chunks.push(chunk));
          res.on("error", reject);
          res.on("aborted", () => reject(new Error("the connection broke within the answer")));
          res.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: res.statusCode ?? 0, body: parsed(text) });
          });
        });
        req.end(payload);
      }),
  };
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
