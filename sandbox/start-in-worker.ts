import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type SandboxLog, silentLog } from "./log.ts";
import type { SandboxSettings } from "./sandbox.ts";
import type { WebhookKeys } from "./webhooks/targets.ts";
import type { WorkerInput, WorkerMessage } from "./worker.ts";

export interface SandboxWorker {
  /** Where the sandbox listens, without a slash at the end. */
  readonly url: string;
  readonly webhookKeys: WebhookKeys;
  /** Resolves, with the reason, if the thread ends without being asked to. */
  readonly ended: Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts the sandbox in a thread of its own, so that its work does not hold up the caller's event loop.
 * Rejects when it cannot listen or open its data.
 */
export async function startSandboxWorker({
  port = 0,
  host = "127.0.0.1",
  log = silentLog,
  ...settings
}: SandboxSettings & { port?: number; host?: string; log?: SandboxLog }): Promise<SandboxWorker> {
  const input: WorkerInput = { settings, port, host };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: input, name: "sandbox" });
  const started = Promise.withResolvers<Pick<SandboxWorker, "url" | "webhookKeys">>();
  const ended = Promise.withResolvers<string>();
  let stopping = false;

  worker.on("message", (message: WorkerMessage) => {
    if ("url" in message) started.resolve(message);
    else if ("failed" in message) started.reject(new Error(`the sandbox did not start: ${message.failed}`));
    else log[message.level](message.fields, message.message);
  });
  worker.on("error", (err: Error) => {
    started.reject(err);
    log.error({ err }, "the sandbox thread failed");
    if (!stopping) ended.resolve(err.message);
  });
  worker.on("exit", (code) => {
    started.reject(new Error(`the sandbox thread ended with ${code} before it was ready`));
    if (!stopping) ended.resolve(`the sandbox thread ended with ${code}`);
  });

  const { url, webhookKeys } = await started.promise;
  return {
    url,
    webhookKeys,
    ended: ended.promise,
    async [Symbol.asyncDispose]() {
      if (stopping || worker.threadId === -1) return;
      stopping = true;
      const exit = once(worker, "exit");
      worker.postMessage("stop");
      await exit;
    },
  };
}
