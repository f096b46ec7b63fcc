/** Reads a stream step by step. */
export interface Reading<T> {
  /** What has come and was not taken; emptied. */
  take(): T[];
  /** Resolves when the stream has ended; with the error if there was one. */
  readonly ended: Promise<unknown>;
}

/** Reads all that comes, as fast as it comes. */
export function readAll<T>(stream: AsyncIterable<T>): Reading<T> {
  let waiting: T[] = [];
  const ended = (async () => {
    try {
      for await (const item of stream) waiting.push(item);
      return undefined;
    } catch (err) {
      return err;
    }
  })();
  return {
    ended,
    take: () => {
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}
