import { setTimeout as delay } from "node:timers/promises";
import { type Db, sql } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";
import { encodePayloads } from "./payload.ts";

/** What changes within this time goes out in one statement; milliseconds. */
const coalesceMs = 50;

/** More changes than this at once are told as "anything": whoever watches reads what it watches. */
const maxIds = 1_000;

/** How long nothing is sent, nor asked, after nobody else was found to listen; milliseconds. */
export const muteMs = 1_000;

/** What a listening connection is called in Postgres; the origin is its process. */
export function listenerName({ channel, origin }: { channel: string; origin: string }): string {
  return `${channel} listener ${origin}`;
}

/** Tells other processes what has changed. Hints: one that is lost costs seconds, no change. */
export class Announcer {
  readonly #db: Pick<Db, "query">;
  readonly #channel: string;
  readonly #origin: string;
  readonly #log: Log;
  readonly #ids = new Set<string>();
  #sending: Promise<void> | undefined;
  /** As `performance.now()`. */
  #mutedUntil = 0;

  constructor(options: { db: Pick<Db, "query">; channel: string; origin: string; log: Log }) {
    this.#db = options.db;
    this.#channel = options.channel;
    this.#origin = options.origin;
    this.#log = options.log;
  }

  announce(ids: readonly string[]): void {
    if (performance.now() < this.#mutedUntil) return;
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
      const [channel, origin] = [this.#channel, this.#origin];
      const payloads = encodePayloads({ origin, ...ids });
      const asked = performance.now();
      try {
        // A hint need not be on disk: without waiting for that, the lock on the notifications is held for microseconds.
        const sent = await this.#db.query(sql`
          select set_config('synchronous_commit', 'off', true), pg_notify(${channel}, payload)
          from unnest(${payloads}::text[]) as payload
          where exists (
            select from pg_stat_activity
            where datname = current_database()
              and starts_with(application_name, ${listenerName({ channel, origin: "" })})
              and application_name <> ${listenerName({ channel, origin })})`);
        if (sent.length === 0) this.#mutedUntil = asked + muteMs;
      } catch (err) {
        this.#log.warn({ err, channel }, "could not tell other processes of changes");
      }
    }
    this.#sending = undefined;
  }
}
