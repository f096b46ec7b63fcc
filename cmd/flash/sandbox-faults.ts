import type { HttpClient } from "./http-client.ts";
import type { SandboxFault } from "./schedule.ts";

/** Makes the sandbox misbehave, one way at a time. */
export interface SandboxFaults {
  begin(fault: SandboxFault): Promise<void>;
  /** It behaves again. */
  end(): Promise<void>;
}

const path = "/sandbox/api/faults";

/** Sets the faults of a sandbox over its own API. */
export function createSandboxFaults(sandbox: HttpClient): SandboxFaults {
  const put = async (body: object) => {
    const answer = await sandbox.send({ method: "PUT", path, body });
    if (answer.status !== 200)
      throw new Error(`PUT ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  return {
    begin: (fault) => put(settings[fault]),
    end: () => put({}),
  };
}

/** Each fault in the sandbox's terms. */
const settings: Record<SandboxFault, object> = {
  "fail-before": {},
  "fail-after": {},
  "time-out": {},
  drop: {},
  "duplicate-webhooks": {},
  "reorder-webhooks": {},
};
