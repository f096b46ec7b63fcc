import type { CallState } from "./call-state.ts";

/**
 * Iterates `source`, but fails as soon as the call is given up, even while `source` is silent.
 * The source is then told to finish, without waiting for it.
 */
export function abortable<T>(state: CallState, source: AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const it = source[Symbol.asyncIterator]();
      const finish = () => {
        it.return?.().catch(() => {
          // The call has failed already; what its source says while it ends is of no interest.
        });
      };
      return {
        next: () =>
          new Promise<IteratorResult<T>>((resolve, reject) => {
            const onAbort = (reason: Error) => {
              reject(reason);
              finish();
            };
            state.onAbort(onAbort);
            if (state.failure !== undefined) {
              return;
            }
            it.next().then(
              (result) => {
                state.offAbort(onAbort);
                resolve(result);
              },
              (err: unknown) => {
                state.offAbort(onAbort);
                reject(err);
              },
            );
          }),
        return: async () => {
          await it.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Applies `change` to each element as it passes. */
export function mapEach<T, U>(source: AsyncIterable<T>, change: (value: T) => U): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]() {
      const it = source[Symbol.asyncIterator]();
      return {
        next: async () => {
          const result = await it.next();
          if (result.done === true) {
            return { done: true, value: undefined };
          }
          try {
            return { done: false, value: change(result.value) };
          } catch (err) {
            await it.return?.();
            throw err;
          }
        },
        return: async () => {
          await it.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Calls `settled` exactly once, with the error if there was one, when the source ends or is left. */
export function watchEnd<T>(source: AsyncIterable<T>, settled: (err: unknown) => unknown): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const it = source[Symbol.asyncIterator]();
      let open = true;
      return {
        next: async () => {
          try {
            const result = await it.next();
            if (result.done === true && open) {
              open = false;
              settled(undefined);
            }
            return result;
          } catch (err) {
            if (!open) {
              throw err;
            }
            open = false;
            throw settled(err);
          }
        },
        return: async () => {
          if (open) {
            open = false;
            settled(undefined);
          }
          await it.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** An iterable of one element. */
export function once<T>(value: T): AsyncIterable<T> {
  return {
    async *[Symbol.asyncIterator]() {
      yield value;
    },
  };
}

/**
 * Reads the first element before it returns, so that what the source does before it (headers it
 * sets) is done; the result yields all elements, the first included.
 */
export async function startReading<T>(source: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const it = source[Symbol.asyncIterator]();
  let first: IteratorResult<T> | undefined = await it.next();
  const rest: AsyncIterator<T> = {
    next: () => {
      if (first === undefined) {
        return it.next();
      }
      const result = first;
      first = undefined;
      return Promise.resolve(result);
    },
    return: async () => {
      await it.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => rest };
}

/** The one element of a stream that is to have exactly one; `otherwise` makes the error when it has not. */
export async function only<T>(source: AsyncIterable<T>, otherwise: () => Error): Promise<T> {
  let found: { value: T } | undefined;
  for await (const value of source) {
    if (found !== undefined) {
      throw otherwise();
    }
    found = { value };
  }
  if (found === undefined) {
    throw otherwise();
  }
  return found.value;
}
