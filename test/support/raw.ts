import { request as send } from "node:http";
import type { Answer } from "./rest.ts";

/** A request that is sent as it is: no path is tidied, no header added but Content-Length or chunks. */
export interface RawCall {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** Text or bytes; a list of them is sent in chunks of unknown number. */
  body?: string | Buffer | readonly Buffer[] | undefined;
}

/** Calls over HTTP/1.1. An answer that is not JSON has its text as body; of a stream the first part is enough. */
export async function callRaw(
  baseUrl: string,
  { method, path, headers = {}, body }: RawCall,
): Promise<Answer> {
  const { hostname, port } = new URL(baseUrl);
  const chunked = Array.isArray(body);
  const whole = chunked || body === undefined ? undefined : Buffer.from(body as string | Buffer);
  const length = whole === undefined ? {} : { "content-length": String(whole.byteLength) };
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, method, path, headers: { ...length, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      const isStream = /^(application\/x-ndjson|text\/event-stream)/.test(
        response.headers["content-type"] ?? "",
      );
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (!isStream) return;
        answer();
        response.destroy();
      });
      response.on("error", reject);
      response.on("end", answer);
      function answer(): void {
        const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(pairs),
          body: parsed(Buffer.concat(chunks).toString()),
        });
      }
    });
    // The answer may come, and the connection close, before all of a large body is out.
    request.on("error", reject);
    if (chunked) for (const chunk of body) request.write(chunk);
    request.end(whole);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
