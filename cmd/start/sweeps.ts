import type { Clock } from "../../lib/clock.ts";
import type { Db } from "../../lib/db/index.ts";
import { sweepIdempotency } from "../../lib/idempotency/sweep.ts";
import type { Log } from "../../lib/telemetry/log.ts";
import type { Inbox } from "../../lib/webhooks/index.ts";
import { every } from "./every.ts";

/** How often due holds, due orders and stalled payments are looked for; milliseconds. */
export const sweepMs = 5_000;
/** How often what is old, and may wait, is looked for; milliseconds. */
export const slowSweepMs = 60_000;

/** Several sweeps as one. */
export function together(...sweeps: Disposable[]): Disposable {
  const stack = new DisposableStack();
  for (const sweep of sweeps) stack.use(sweep);
  return stack;
}

/** Gives up, or forgets, what an inbox has kept for long. */
export function sweepInbox({ inbox, name, log }: { inbox: Inbox; name: string; log: Log }): Disposable {
  return every({ ms: slowSweepMs, name: `${name}.webhooks.sweep`, log }, () => inbox.sweep());
}

/** Forgets idempotency keys that are old. */
export function sweepKeys({
  db,
  name,
  clock,
  log,
}: {
  db: Db;
  name: string;
  clock: Clock;
  log: Log;
}): Disposable {
  return every({ ms: slowSweepMs, name: `${name}.keys.sweep`, log }, () =>
    sweepIdempotency(db, { now: clock(), limit: 1_000 }),
  );
}
