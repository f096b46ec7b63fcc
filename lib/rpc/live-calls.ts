import type { CallState } from "./call-state.ts";

/** The calls a host is serving, so that it can wait for them when it stops, then give them up. */
export class LiveCalls {
  readonly #calls = new Set<CallState>();
  #waiting: (() => void)[] = [];

  get size(): number {
    return this.#calls.size;
  }

  add(state: CallState): void {
    this.#calls.add(state);
  }

  delete(state: CallState): void {
    this.#calls.delete(state);
    if (this.#calls.size === 0) {
      for (const resolve of this.#waiting.splice(0)) {
        resolve();
      }
    }
  }

  /** Resolves when no call is being served. */
  whenIdle(): Promise<void> {
    return this.#calls.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#waiting.push(resolve);
        });
  }

  /** Gives up every call that is left. */
  abortAll(reason: Error): void {
    for (const state of this.#calls) {
      state.abort(reason);
    }
  }
}
