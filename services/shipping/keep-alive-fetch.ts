import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** The request did not end in time. Its name is what the provider's SDK takes for a timeout. */
class FetchTimeout extends Error {
  override readonly name = "TimeoutError";
}

/** More answer than this is not read: it is no answer to anything asked here. */
const maxAnswerBytes = 8 * 1024 * 1024;

/**
 * A `fetch` for the SDK on node:http with kept-alive connections and one plain
 * timer over the whole exchange, in milliseconds. The global fetch together with
 * an AbortSignal costs about twice the processor time per call, and rates are
 * asked for at every order.
 *
 * Rejects with FetchTimeout, or with node:http's own error and its `code`. A
 * kept-alive connection that the server closed at the very moment of its reuse
 * gives ECONNRESET, as everywhere.
 */
export function createKeepAliveFetch({ timeoutMs }: { timeoutMs: number }) {
  // Idle connections go before the five seconds after which Node's servers, and shorter ones, close them.
  const options = { keepAlive: true, timeout: 4_000, maxSockets: 256, scheduling: "lifo" } as const;
  const agents = { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };

  return async (input: Request | URL | string, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    const { protocol, hostname, port, pathname, search } = new URL(request.url);
    const secure = protocol === "https:";
    const headers = Object.fromEntries(request.headers);
    // The SDK writes an empty cookie header, which means nothing and some proxies refuse.
    if (headers.cookie === "") delete headers.cookie;
    if (body !== undefined) headers["content-length"] = String(body.byteLength);
    return exchange({
      send: secure ? httpsRequest : httpRequest,
      options: {
        agent: agents[secure ? "https:" : "http:"],
        method: request.method,
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port,
        path: pathname + search,
        headers,
      },
      body,
      timeoutMs,
    });
  };
}

function exchange({
  send,
  options,
  body,
  timeoutMs,
}: {
  send: typeof httpRequest;
  options: RequestOptions;
  body: Buffer | undefined;
  timeoutMs: number;
}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = send(options, (answer) => {
      readAll(answer)
        .then((bytes) => toResponse(answer, bytes))
        .then(succeed, fail);
    });
    const timer = setTimeout(() => fail(new FetchTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    function succeed(response: Response): void {
      clearTimeout(timer);
      resolve(response);
    }
    // Rejects by itself: a request destroyed after its answer has begun emits no error.
    function fail(err: unknown): void {
      clearTimeout(timer);
      request.destroy();
      reject(err);
    }
    request.on("error", fail);
    request.end(body);
  });
}

function readAll(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    answer.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxAnswerBytes) reject(new Error(`the answer is longer than ${maxAnswerBytes} bytes`));
      else chunks.push(chunk);
    });
    answer.on("end", () => resolve(Buffer.concat(chunks)));
    answer.on("error", reject);
  });
}

const bodyless = new Set([204, 205, 304]);

function toResponse(answer: IncomingMessage, bytes: Buffer): Response {
  const status = answer.statusCode ?? 0;
  const headers = { "content-type": answer.headers["content-type"] ?? "" };
  return new Response(bodyless.has(status) ? null : bytes, { status, headers });
}
