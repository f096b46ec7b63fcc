import type { Clock } from "./clock.ts";

/** Something that is read now and then, as a process remembers it. */
export interface Remembered<T> {
  /** What was read last, at most as old as allowed; read now when there is none. Fails as the reading does. */
  readonly get: () => Promise<T>;
  /** Has the next `get` read again: it has changed. */
  readonly forget: () => void;
}

/**
 * Remembers what `read` gives for `freshMs` milliseconds. Calls at once share one reading; a failed one is not
 * remembered. For small tables that nearly every call needs, and whose changes may be seen that much later.
 */
export function createRemembered<T>({
  read,
  freshMs,
  clock,
}: {
  read: (now: Date) => Promise<T>;
  freshMs: number;
  clock: Clock;
}): Remembered<T> {
  let known: { readonly at: number; readonly value: Promise<T> } | undefined;
  return {
    get() {
      const now = clock();
      // A clock that was set back must not make old things fresh.
      if (known !== undefined && Math.abs(now.getTime() - known.at) < freshMs) return known.value;
      const reading = { at: now.getTime(), value: read(now) };
      known = reading;
      reading.value.catch(() => {
        if (known === reading) known = undefined;
      });
      return reading.value;
    },
    forget() {
      known = undefined;
    },
  };
}
