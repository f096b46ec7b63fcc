import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { createSandbox, type SandboxOptions } from "../sandbox.ts";
import { sdkClients } from "./clients.ts";
import type { Exchange } from "./conformance.ts";

/** A sandbox on a free port with SDKs that reach it through a recorder. */
export async function startHarness(options: Partial<SandboxOptions> = {}) {
  const sandbox = createSandbox({ dataDir: ":memory:", ...options });
  const { url } = await sandbox.listen({ port: 0 });
  const recorder = await startRecorder(url);
  return {
    url,
    ...sdkClients(recorder.url),
    recorderUrl: recorder.url,
    exchanges: recorder.exchanges,
    async [Symbol.asyncDispose]() {
      await recorder[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** Passes everything on to `target` and keeps what went by. */
async function startRecorder(target: string) {
  const exchanges: Exchange[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const body = Buffer.concat(chunks);
      const onward = httpRequest(target + req.url, { method: req.method, headers: req.headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => parts.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(parts);
          exchanges.push({
            method: req.method ?? "",
            target: req.url ?? "",
            headers: req.headers,
            body: body.toString(),
            status: answer.statusCode ?? 0,
            answer: text.toString(),
          });
          res.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
        });
      });
      onward.on("error", (err) => res.destroy(err));
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
