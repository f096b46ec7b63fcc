import type { FaultSettings } from "../../sandbox/faults/settings.ts";
import type { HttpClient } from "./http-client.ts";
import type { SandboxFault } from "./schedule.ts";

/** Makes the sandbox misbehave, one way at a time. */
export interface SandboxFaults {
  /** The same seed spoils the same of the requests that come, by their order. */
  begin(fault: SandboxFault, seed: number): Promise<void>;
  /** It behaves again. */
  end(): Promise<void>;
}

/** Longer than a service waits for a vendor. */
const timeoutMs = 12_000;

/** Each way to misbehave in the sandbox's terms. */
const settings: Record<SandboxFault, Partial<FaultSettings>> = {
  errors: { rate: 0.3, kinds: ["error_before", "error_after"] },
  timeouts: { rate: 0.1, kinds: ["timeout_before", "timeout_after"], timeoutMs },
  drops: { rate: 0.3, kinds: ["drop_before", "drop_after"] },
  "rate limits": { rate: 0.5, kinds: ["rate_limited"] },
  latency: { rate: 0.5, kinds: ["latency"], latencyMs: 1_500 },
  "doubled webhooks": { webhooks: { duplicate: 1, reorder: 0, delayMs: 0 } },
  "reordered webhooks": { webhooks: { duplicate: 0.3, reorder: 0.5, delayMs: 200 } },
};

const path = "/sandbox/api/faults";

/** Sets the faults of a sandbox over its own API. */
export function createSandboxFaults(sandbox: HttpClient): SandboxFaults {
  const put = async (body: Partial<FaultSettings>) => {
    const answer = await sandbox.send({ method: "PUT", path, body });
    if (answer.status !== 200)
      throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  return {
    begin: (fault, seed) => put({ ...settings[fault], seed }),
    end: () => put({}),
  };
}
