import type { Clock } from "../clock.ts";

/** When a recurring job runs. */
export type Recurrence =
  | {
      /** Five fields (minute, hour, day, month, weekday), or an RFC 5545 rule. */
      cron: string;
      /** IANA name; UTC when not given. */
      timeZone?: string;
    }
  | { everySeconds: number };

const LONGEST_TIMER_MS = 3_600_000;

/**
 * Calls `fire` at each occurrence, with a key that is the same in every process. Occurrences that pass while no process
 * runs are left out. Intervals are counted from 1970, so they fall on the same moments everywhere.
 */
export class Schedule {
  readonly #next: (after: Date) => Date | undefined;
  readonly #fire: (occurrence: Date) => void;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;

  constructor({
    next,
    fire,
    clock,
  }: {
    next: (after: Date) => Date | undefined;
    fire: (occurrence: Date) => void;
    clock: Clock;
  }) {
    this.#next = next;
    this.#fire = fire;
    this.#clock = clock;
  }

  start(): void {
    this.#arm(this.#next(this.#clock()));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(occurrence: Date | undefined): void {
    if (occurrence === undefined) return;
    const wait = occurrence.getTime() - this.#clock().getTime();
    this.#timer = setTimeout(
      () => {
        if (this.#clock() < occurrence) return this.#arm(occurrence);
        this.#fire(occurrence);
        // From now, not from the occurrence: after a sleep of the machine one run makes up for all.
        this.#arm(this.#next(this.#clock()));
      },
      Math.min(Math.max(wait, 0), LONGEST_TIMER_MS),
    );
  }
}

/** The first multiple of the interval after a time. */
export function nextMultiple(everySeconds: number, after: Date): Date {
  const ms = everySeconds * 1000;
  return new Date((Math.floor(after.getTime() / ms) + 1) * ms);
}
