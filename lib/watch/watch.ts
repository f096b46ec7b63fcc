import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { defineReasons } from "../errors/reasons.ts";
import { failRpc } from "../rpc/reasons.ts";
import type { Log } from "../telemetry/log.ts";
import { type ChangeFeed, LocalFeed, type Subscriber } from "./change-feed.ts";
import { Watcher } from "./watcher.ts";

/** How watchers hear of changes, and how many there may be. */
export interface WatchSettings {
  /** Without one, changes are found by looking every `recheckMs`. */
  feed?: ChangeFeed;
  log?: Log;
  /** Watchers at most; 10,000 when not given. */
  maxWatchers?: number;
  /** Different things that are watched at most; 100,000 when not given. */
  maxIds?: number;
  /** How often all that is watched is read although nobody told of a change; 5,000 when not given. */
  recheckMs?: number;
}

/** What is watched. */
export interface WatchOptions<Level> extends WatchSettings {
  /** The present level of each; one without a level is left out. One call reads for all watchers of the process. */
  read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Level>>;
  /** Two levels with the same version (`===`) are one to watchers. */
  versionOf: (level: Level | undefined) => unknown;
  /** Milliseconds until a level changes by itself; undefined when it does not. */
  changesInMs?: (level: Level) => number | undefined;
}

/** Levels of many things, each watched by many. */
export interface Watch<Level> {
  /** How many watch now. */
  readonly size: number;
  /**
   * First the levels of all the ids, then of those that changed since the reader took the last: a slow reader skips
   * levels and never falls behind. Ends by an error alone: the signal's reason, SHUTTING_DOWN (UNAVAILABLE), or at the
   * beginning OVERLOADED (RESOURCE_EXHAUSTED, with RetryInfo) or what `read` failed with.
   */
  levels(ids: readonly string[], signal: AbortSignal): AsyncIterable<ReadonlyMap<string, Level | undefined>>;
}

const fail = defineReasons({
  OVERLOADED: {
    code: Code.ResourceExhausted,
    message: "{watchers} watch here already; try again in a while",
  },
});

const retryAfterSeconds = 5n;

/** Ids that one statement reads at most. */
const maxRead = 5_000;
/** The shortest time between two readings: what changes meanwhile is one change. */
const pauseMs = 50;
/**
 * Watchers woken in a millisecond at most, on average: a message over REST takes some 0.1 ms of the processor, and
 * whoever sells comes before whoever looks on.
 */
const wakesPerMs = 2;
const retryMs = 1_000;

interface Entry<Level> {
  level: Level | undefined;
  /** Whether `level` was read. */
  known: boolean;
  readonly watchers: Set<Watcher>;
  /** Fires when the level changes by itself. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Watches levels: hints of changes, those of a feed and those of time, mark things to be read; all that is marked is
 * read at once, for all watchers, and those whose level is a new one wake. Nothing is missed: what changes while it is
 * read is read again, and hints that were lost are made up for every few seconds.
 */
export function createWatch<Level>(options: WatchOptions<Level>): Watch<Level> {
  return new Levels(options);
}

class Levels<Level> implements Watch<Level>, Subscriber {
  readonly #options: WatchOptions<Level> & {
    feed: ChangeFeed;
    maxWatchers: number;
    maxIds: number;
    recheckMs: number;
  };
  readonly #entries = new Map<string, Entry<Level>>();
  readonly #watchers = new Set<Watcher>();
  readonly #marked = new Set<string>();
  #reading = false;
  /** As `performance.now()`. */
  #restUntil = 0;
  #stopped = false;
  #subscription: Disposable | undefined;
  #recheck: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions<Level>) {
    this.#options = {
      feed: new LocalFeed(),
      maxWatchers: 10_000,
      maxIds: 100_000,
      recheckMs: 5_000,
      ...options,
    };
  }

  get size(): number {
    return this.#watchers.size;
  }

  async *levels(ids: readonly string[], signal: AbortSignal): AsyncGenerator<Map<string, Level | undefined>> {
    signal.throwIfAborted();
    const watcher = this.#join(ids);
    const onAbort = () => watcher.fail(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      for (;;) {
        const changed = await watcher.changes();
        yield new Map(changed.map((id) => [id, this.#entries.get(id)?.level]));
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#leave(watcher);
    }
  }

  changed(ids: readonly string[] = [...this.#entries.keys()]): void {
    for (const id of ids) if (this.#entries.has(id)) this.#marked.add(id);
    void this.#readMarked();
  }

  closed(): void {
    this.#stopped = true;
    for (const watcher of this.#watchers) watcher.fail(failRpc("SHUTTING_DOWN", {}));
  }

  #join(ids: readonly string[]): Watcher {
    const { feed, maxWatchers, maxIds, recheckMs } = this.#options;
    if (this.#watchers.size >= maxWatchers || this.#entries.size + ids.length > maxIds) {
      throw overloaded(this.#watchers.size);
    }
    this.#subscription ??= feed.subscribe(this);
    if (this.#stopped) throw failRpc("SHUTTING_DOWN", {});
    this.#recheck ??= setInterval(() => this.#look(), recheckMs).unref();
    const watcher = new Watcher(ids);
    this.#watchers.add(watcher);
    for (const id of ids) {
      let entry = this.#entries.get(id);
      if (entry === undefined) {
        entry = { level: undefined, known: false, watchers: new Set(), timer: undefined };
        this.#entries.set(id, entry);
        this.#marked.add(id);
      }
      entry.watchers.add(watcher);
      if (entry.known) watcher.tell(id);
    }
    void this.#readMarked();
    return watcher;
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    for (const id of watcher.ids) {
      const entry = this.#entries.get(id);
      entry?.watchers.delete(watcher);
      if (entry?.watchers.size !== 0) continue;
      clearTimeout(entry.timer);
      this.#entries.delete(id);
      this.#marked.delete(id);
    }
  }

  /** Every few seconds: reads everything, or, when nobody has watched for that long, stops listening. */
  #look(): void {
    if (this.#watchers.size > 0) return this.changed();
    clearInterval(this.#recheck);
    this.#recheck = undefined;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
  }

  /** One reading after the other, as long as something is marked. */
  async #readMarked(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#marked.size > 0) {
      const ids = this.#take();
      const isRead = ids.length === 0 || (await this.#read(ids));
      await delay(isRead ? pauseMs : retryMs, undefined, { ref: false });
    }
    this.#reading = false;
  }

  /** What to read next: while those who were woken are served, only what somebody waits for who was told nothing yet. */
  #take(): string[] {
    const rests = performance.now() < this.#restUntil;
    const ids = [...this.#marked]
      .filter((id) => !rests || this.#entries.get(id)?.known === false)
      .slice(0, maxRead);
    // Before the reading: what changes from now on is marked again.
    for (const id of ids) this.#marked.delete(id);
    return ids;
  }

  async #read(ids: readonly string[]): Promise<boolean> {
    const { read, log } = this.#options;
    try {
      const levels = await read(ids);
      const woken = new Set<Watcher>();
      for (const id of ids) this.#update(id, levels.get(id), woken);
      this.#restUntil = Math.max(this.#restUntil, performance.now() + woken.size / wakesPerMs);
      return true;
    } catch (err) {
      log?.warn({ err }, "could not read what is watched");
      for (const id of ids) {
        const entry = this.#entries.get(id);
        if (entry === undefined) continue;
        this.#marked.add(id);
        if (!entry.known) for (const watcher of entry.watchers) watcher.fail(err);
      }
      return false;
    }
  }

  #update(id: string, level: Level | undefined, woken: Set<Watcher>): void {
    const { versionOf, changesInMs, recheckMs } = this.#options;
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const isNews = !entry.known || versionOf(entry.level) !== versionOf(level);
    entry.level = level;
    entry.known = true;
    clearTimeout(entry.timer);
    const ms = level === undefined ? undefined : changesInMs?.(level);
    // A later change is found again, in time, when all is looked at.
    if (ms !== undefined && ms <= recheckMs) {
      entry.timer = setTimeout(() => this.changed([id]), Math.max(0, Math.ceil(ms)) + 1).unref();
    }
    if (!isNews) return;
    for (const watcher of entry.watchers) {
      watcher.tell(id);
      woken.add(watcher);
    }
  }
}

function overloaded(watchers: number): Error {
  const details = [
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: retryAfterSeconds, nanos: 0 } } },
  ];
  return fail("OVERLOADED", { watchers: String(watchers) }, { details });
}
