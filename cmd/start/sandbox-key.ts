import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../lib/telemetry/log.ts";

/** How often, and how many milliseconds apart, a sandbox that is still starting is asked. */
const attempts = 20;
const pauseMs = 500;

/** The key with which the sandbox's e-mail events are verified; empty, with a warning, when the sandbox is not there. */
export async function readSandboxKey({ sandboxUrl, log }: { sandboxUrl: string; log: Log }): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`${sandboxUrl}/sandbox/api/webhook-keys`);
      const { sendgrid } = (await response.json()) as { sendgrid?: string };
      return sendgrid ?? "";
    } catch (err) {
      if (attempt === attempts) {
        log.warn({ err }, "the sandbox does not answer: its e-mail events will be refused");
        return "";
      }
      await delay(pauseMs);
    }
  }
}
