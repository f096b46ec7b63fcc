/** How calls are put together. */
export interface BatchOptions<Item, Result> {
  /** Does the work of several calls at once; one result per item, in their order. */
  run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Most items of one run. */
  maxItems: number;
  /** Runs at a time; 1 when not given. */
  lanes?: number;
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
}

/**
 * Makes one run of the calls that arrive while the run before is under way.
 * A call that finds a free lane runs at once, so an idle process adds no delay
 * and a busy one shares the round trips among more and more callers (group
 * commit: DeWitt et al., "Implementation Techniques for Main Memory Database
 * Systems", 1984). A run starts after all of its calls have arrived, so none
 * is answered from a state older than its own call.
 *
 * A run that fails is repeated item by item, so that one bad call fails alone;
 * `run` must leave nothing behind when it fails.
 */
export function createBatcher<Item, Result>({
  run,
  maxItems,
  lanes = 1,
}: BatchOptions<Item, Result>): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = 0;

  async function runNext(): Promise<void> {
    running++;
    try {
      while (waiting.length > 0) await runBatch(waiting.splice(0, maxItems));
    } finally {
      running--;
    }
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error("a batch run must answer every item");
      batch.forEach(({ resolve }, i) => resolve(results[i] as Result));
    } catch (err) {
      if (batch.length === 1) batch[0]?.reject(err);
      else for (const single of batch) await runBatch([single]);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running < lanes) void runNext();
    });
}
