import { setTimeout as delay } from "node:timers/promises";
import { type Db, sql } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";
import { encodePayloads } from "./payload.ts";

/** What changes within this time goes out in one statement; milliseconds. */
const coalesceMs = 50;

/** More changes than this at once are told as "anything": whoever watches reads what it watches. */
const maxIds = 1_000;

/** Tells other processes what has changed. Hints: one that is lost costs seconds, no change. */
export class Announcer {
  readonly #db: Pick<Db, "query">;
  readonly #channel: string;
  readonly #origin: string;
  readonly #log: Log;
  readonly #ids = new Set<string>();
  #sending: Promise<void> | undefined;

  constructor(options: { db: Pick<Db, "query">; channel: string; origin: string; log: Log }) {
    this.#db = options.db;
    this.#channel = options.channel;
    this.#origin = options.origin;
    this.#log = options.log;
  }

  announce(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#ids.size > maxIds) break;
      this.#ids.add(id);
    }
    this.#sending ??= this.#send();
  }

  /** Waits until all is sent. */
  async close(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#ids.size > 0) {
      await delay(coalesceMs);
      const ids = this.#ids.size > maxIds ? {} : { ids: [...this.#ids] };
      this.#ids.clear();
      const payloads = encodePayloads({ origin: this.#origin, ...ids });
      try {
        // A hint need not be on disk: without waiting for that, the lock on the notifications is held for microseconds.
        await this.#db.query(sql`
          select set_config('synchronous_commit', 'off', true), pg_notify(${this.#channel}, payload)
          from unnest(${payloads}::text[]) as payload`);
      } catch (err) {
        this.#log.warn({ err, channel: this.#channel }, "could not tell other processes of changes");
      }
    }
    this.#sending = undefined;
  }
}
