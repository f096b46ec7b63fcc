/** What the requests of a sale took and came to. */
export interface Measurements {
  answered(answer: { step: string; ms: number; status: number }): void;
  /** A connection that broke, or an answer of 5xx. */
  broken(step: string, what: string): void;
  /** A request was sent again although its first sending may have had its effect. */
  repeated(): void;
  /** Milliseconds of every answer, by step, in the order the steps were first seen. */
  readonly times: ReadonlyMap<string, readonly number[]>;
  /** How often each thing broke, such as `place: ECONNRESET`. */
  readonly failures: ReadonlyMap<string, number>;
  readonly requests: number;
  readonly repetitions: number;
}

/** Counts from nothing. */
export function createMeasurements(): Measurements {
  const times = new Map<string, number[]>();
  const failures = new Map<string, number>();
  let requests = 0;
  let repetitions = 0;
  return {
    times,
    failures,
    answered: ({ step, ms }) => {
      requests++;
      const list = times.get(step);
      if (list === undefined) times.set(step, [ms]);
      else list.push(ms);
    },
    broken: (step, what) => {
      const name = `${step}: ${what}`;
      failures.set(name, (failures.get(name) ?? 0) + 1);
    },
    repeated: () => {
      repetitions++;
    },
    get requests() {
      return requests;
    },
    get repetitions() {
      return repetitions;
    },
  };
}

/** The value that a share `p` of the sorted values does not exceed; 0 when there are none. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? 0;
}
