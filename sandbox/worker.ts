import { parentPort, workerData } from "node:worker_threads";
import type { SandboxLog } from "./log.ts";
import { createSandbox, type SandboxSettings } from "./sandbox.ts";
import type { WebhookKeys } from "./webhooks/targets.ts";

/** What `start-in-worker.ts` gives this thread. */
export interface WorkerInput {
  settings: SandboxSettings;
  port: number;
  host: string;
}

/** What this thread tells: first `url` or `failed`, then lines for the log. */
export type WorkerMessage =
  | { url: string; webhookKeys: WebhookKeys }
  | { failed: string }
  | { level: keyof SandboxLog; fields: object; message: string };

const port = parentPort;
if (!port) throw new Error("sandbox/worker.ts runs in a worker thread; start it with startSandboxWorker");

const tell = (message: WorkerMessage) => port.postMessage(message);
// Errors keep only their text on the way to another thread.
const line = (level: keyof SandboxLog) => (fields: object, message: string) =>
  tell({
    level,
    message,
    fields: JSON.parse(JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value))),
  });

const input = workerData as WorkerInput;
try {
  const sandbox = createSandbox({
    ...input.settings,
    log: { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") },
  });
  const { url } = await sandbox.listen({ port: input.port, host: input.host });
  port.once("message", () => {
    void sandbox[Symbol.asyncDispose]().finally(() => port.close());
  });
  tell({ url, webhookKeys: sandbox.webhookKeys });
} catch (err) {
  tell({ failed: err instanceof Error ? err.message : String(err) });
  port.close();
}
