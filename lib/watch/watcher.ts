/** One who watches some ids, and takes what has changed whenever it likes. What it has not taken is each id once. */
export class Watcher {
  readonly ids: readonly string[];
  readonly #changed = new Set<string>();
  /** Ids of which nothing was told yet. */
  readonly #unknown: Set<string>;
  #failure: { reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(ids: readonly string[]) {
    this.ids = ids;
    this.#unknown = new Set(ids);
  }

  /** An id has a new level. */
  tell(id: string): void {
    this.#unknown.delete(id);
    this.#changed.add(id);
    if (this.#unknown.size === 0) this.#wake?.();
  }

  /** Ends it. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake?.();
  }

  /** The ids that have changed since the last call, at least one; all ids at first. */
  async changes(): Promise<string[]> {
    while (this.#failure === undefined && (this.#unknown.size > 0 || this.#changed.size === 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }
}
