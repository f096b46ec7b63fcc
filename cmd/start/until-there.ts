import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../../lib/telemetry/log.ts";

/** Milliseconds before it is asked for again: twice as long each time. */
const firstPauseMs = 250;
const longestPauseMs = 5_000;

/** What a process needs was not there in time. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

/** What a process cannot start without. */
export interface Needed<T> {
  /** For people: `the Postgres of DATABASE_URL`. */
  name: string;
  /** Uses it. It is repeated as a whole. */
  use: () => Promise<T>;
  /** Whether a failure says that it is not there now; any other is thrown at once. */
  isAway: (err: unknown) => boolean;
  /** Milliseconds after which nobody waits for it any more. */
  patienceMs: number;
  log: Log;
  delay?: (ms: number) => Promise<unknown>;
}

/**
 * Uses what may start later than this process, as soon as it is there. Each failure is logged.
 *
 * @throws NotThere when the patience is at its end
 */
export async function untilThere<T>(needed: Needed<T>): Promise<T> {
  const { name, use, isAway, patienceMs, log, delay = pause } = needed;
  let waitedMs = 0;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await use();
    } catch (err) {
      if (!isAway(err)) throw err;
      const problem = problemOf(err);
      if (waitedMs >= patienceMs) {
        const forHowLong = waitedMs === 0 ? "" : ` after ${waitedMs / 1000} s`;
        throw new NotThere(`${name} does not answer${forHowLong}: ${problem}`, { cause: err });
      }
      const ms = Math.min(pauseMs, patienceMs - waitedMs);
      log.warn({ problem, again_in_ms: ms, left_ms: patienceMs - waitedMs }, `${name} does not answer`);
      await delay(ms);
      waitedMs += ms;
    }
  }
}

/** A name of several addresses, none of which answers, makes an error that has a code and no words. */
function problemOf(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  return err.message || String((err as NodeJS.ErrnoException).code ?? err.name);
}
