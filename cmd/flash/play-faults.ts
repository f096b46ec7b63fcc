import { setTimeout as delay } from "node:timers/promises";
import type { Deployment } from "./deployment.ts";
import type { SandboxFaults } from "./sandbox-faults.ts";
import { describeFault, type Fault } from "./schedule.ts";

/** How often each kind of fault has happened. */
export interface FaultCounts {
  services: number;
  postgres: number;
  sandbox: number;
}

/** Makes the faults happen, each at its time, and resolves when the last is over and nothing is broken any more. */
export async function playFaults({
  faults,
  deployment,
  sandbox,
  signal,
  onFault,
}: {
  faults: readonly Fault[];
  deployment: Pick<Deployment, "kill" | "killPostgres">;
  sandbox: SandboxFaults;
  signal: AbortSignal;
  onFault: (line: string) => void;
}): Promise<FaultCounts> {
  const counts: FaultCounts = { services: 0, postgres: 0, sandbox: 0 };
  const begin = performance.now();
  const happen = async (fault: Fault) => {
    await delay(Math.max(0, begin + fault.atMs - performance.now()), undefined, { signal });
    onFault(describeFault(fault));
    switch (fault.kind) {
      case "kill":
        counts.services++;
        return deployment.kill(fault.target, fault.forMs);
      case "kill-postgres":
        counts.postgres++;
        return deployment.killPostgres(fault.forMs);
      case "sandbox":
        counts.sandbox++;
        await sandbox.begin(fault.target, fault.atMs);
        await delay(fault.forMs, undefined, { signal });
        return sandbox.end();
    }
  };
  try {
    await Promise.all(faults.map(happen));
  } finally {
    await sandbox.end();
  }
  return counts;
}
