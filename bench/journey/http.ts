import { Agent, request } from "node:http";

/** A lean HTTP client: the generator shares its two cores with the server it measures. */
export interface Http {
  // oxlint-disable-next-line typescript/no-explicit-any
  call(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<any>;
  close(): void;
}

/** Keeps `connections` connections alive. A call that is not answered with 200 rejects. */
export function createHttp(baseUrl: string, connections: number): Http {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(baseUrl);
  return {
    close: () => agent.destroy(),
    call: (method, path, headers, body) =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const req = request({
          agent,
          hostname,
          port,
          method,
          path,
          headers:
            payload === undefined
              ? headers
              : {
                  ...headers,
                  "content-type": "application/json",
                  "content-length": Buffer.byteLength(payload),
                },
        });
        req.on("error", reject);
        req.on("response", (res) => {
          const chunks: Buffer[] = [];
          res.on("data", (chunk: Buffer) => chunks.push(chunk));
          res.on("error", reject);
          res.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            if (res.statusCode === 200) resolve(text.startsWith("{") ? JSON.parse(text) : text);
            else
              reject(
                new Error(`${method} ${path.replace(/_[0-9a-z]{26}/g, "_…")}: ${res.statusCode} ${text}`),
              );
          });
        });
        req.end(payload);
      }),
  };
}
