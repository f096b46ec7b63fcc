import type { Clock } from "../../lib/clock.ts";

/** Counts what callers ask for. */
export interface CheckLimit {
  /** Takes one of the caller's turns; how long to wait when there is none, in milliseconds, else 0. */
  take: (caller: string) => number;
}

const minuteMs = 60_000;

/**
 * So many turns for each caller in each minute of this process. Counts are forgotten with the minute, so as many
 * callers are remembered as ask within one.
 */
export function createCheckLimit({ clock, perMinute }: { clock: Clock; perMinute: number }): CheckLimit {
  let minute = 0;
  let taken = new Map<string, number>();
  return {
    take(caller) {
      const now = clock().getTime();
      const current = Math.floor(now / minuteMs);
      if (current !== minute) {
        minute = current;
        taken = new Map();
      }
      const before = taken.get(caller) ?? 0;
      if (before >= perMinute) return (current + 1) * minuteMs - now;
      taken.set(caller, before + 1);
      return 0;
    },
  };
}
