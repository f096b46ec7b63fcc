/** What ends at a certain time unless it is over before. */
export interface Expiring {
  /** Milliseconds, as performance.now() counts. */
  readonly deadline: number;
  /** Called once the deadline has passed. */
  expire(): void;
}

/** Longer timers than this overflow Node's and would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Ends many things at their deadlines with one timer. Nearly all are over long before, so that a timer of their own
 * would be made and thrown away for nothing: here they only come and go, and the timer wakes for the earliest deadline
 * that there has been. While nothing is open the timer does not keep the process alive.
 */
export class Deadlines {
  readonly #open = new Set<Expiring>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  add(one: Expiring): void {
    this.#open.add(one);
    if (one.deadline < this.#wakesAt) this.#wakeAt(one.deadline, performance.now());
    else if (this.#open.size === 1) this.#timer?.ref();
  }

  delete(one: Expiring): void {
    if (this.#open.delete(one) && this.#open.size === 0) this.#timer?.unref();
  }

  #wakeAt(at: number, now: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    const ms = Math.min(Math.max(0, Math.ceil(at - now)), longestTimerMs);
    this.#timer = setTimeout(wake, ms, this);
  }

  /** For the timer: ends what is due, and sets the next. */
  wake(): void {
    const now = performance.now();
    this.#timer = undefined;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const one of this.#open) {
      if (one.deadline <= now) {
        this.#open.delete(one);
        one.expire();
      } else if (one.deadline < next) next = one.deadline;
    }
    if (next < this.#wakesAt) this.#wakeAt(next, now);
  }
}

function wake(deadlines: Deadlines): void {
  deadlines.wake();
}
