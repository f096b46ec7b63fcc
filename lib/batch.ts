import { setImmediate } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { RetryInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { DatabaseUnavailable } from "./db/index.ts";
import { defineReasons } from "./errors/reasons.ts";

/** How calls are put together. */
export interface BatchOptions<Item, Result> {
  /**
   * Does the work of several calls at once; one result per item, in their
   * order. An Error in a result's place is thrown to that caller alone.
   */
  run: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  /** Most items of one run. */
  maxItems: number;
  /** Most items that wait for a run; one more is refused. */
  maxWaiting?: number;
  /** Runs at a time; 1 when not given. */
  lanes?: number;
}

/** A call of a batcher: `signal` drops it as long as its run has not begun. */
export type Batched<Item, Result> = (item: Item, options?: { signal?: AbortSignal }) => Promise<Result>;

interface Waiting<Item, Result> {
  item: Item;
  signal: AbortSignal | undefined;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
}

/** The refusal that comes of too many calls at once. */
export const fail = defineReasons({
  OVERLOADED: {
    code: Code.ResourceExhausted,
    message: "{waiting} calls are waiting already; try again in a moment",
  },
});

/** Enough for a thousand buyers to be answered behind each other's backs, and a wait of well under a second. */
const defaultMaxWaiting = 4_096;
/** When a refused caller should come back: by then the queue has been worked off. */
const retryDelayMs = 250;

/**
 * Makes one run of the calls that arrive while the run before is under way.
 * A call that finds a free lane runs at once, so an idle process adds no delay
 * and a busy one shares the round trips among more and more callers (group
 * commit: DeWitt et al., "Implementation Techniques for Main Memory Database
 * Systems", 1984). A run starts after all of its calls have arrived, so none
 * is answered from a state older than its own call.
 *
 * A run that fails is repeated item by item, so that one bad call fails alone;
 * `run` must leave nothing behind when it fails. When the database is away all
 * its calls fail together. A call that is given up while it waits leaves
 * before its run, never during it.
 *
 * @throws OVERLOADED (RESOURCE_EXHAUSTED, with RetryInfo) at once when `maxWaiting` calls wait.
 */
export function createBatcher<Item, Result>({
  run,
  maxItems,
  maxWaiting = defaultMaxWaiting,
  lanes = 1,
}: BatchOptions<Item, Result>): Batched<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = 0;

  async function runNext(): Promise<void> {
    running++;
    try {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, maxItems).filter(isWanted);
        waiting = waiting.slice(maxItems);
        if (batch.length > 0) await runBatch(batch);
        // Whoever was just answered, and what lies in the sockets, may join the next run: fewer and fuller ones.
        await setImmediate();
      }
    } finally {
      running--;
    }
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error("a batch run must answer every item");
      batch.forEach(({ resolve, reject }, i) => {
        const result = results[i] as Result | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    } catch (err) {
      if (batch.length === 1 || err instanceof DatabaseUnavailable) {
        for (const { reject } of batch) reject(err);
      } else {
        for (const single of batch.filter(isWanted)) await runBatch([single]);
      }
    }
  }

  return (item, { signal } = {}) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= maxWaiting) {
        reject(overloaded(waiting.length));
        return;
      }
      waiting.push({ item, signal, resolve, reject });
      if (running < lanes) void runNext();
    });
}

/** Whether somebody still waits for the answer; whoever gave up is told why. */
function isWanted({ signal, reject }: Pick<Waiting<unknown, unknown>, "signal" | "reject">): boolean {
  if (signal?.aborted !== true) return true;
  reject(signal.reason);
  return false;
}

function overloaded(waiting: number): Error {
  const retryDelay = { seconds: 0n, nanos: retryDelayMs * 1_000_000 };
  return fail(
    "OVERLOADED",
    { waiting: String(waiting) },
    { details: [{ desc: RetryInfoSchema, value: { retryDelay } }] },
  );
}
