import { type Db, Listener, sql } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";

const CHANNEL = "rowlock_jobs";

// Commits that notify queue up behind one lock of the whole server, so the notification is not part of the enqueuing
// transaction: it follows the commit, one for all jobs of this span.
const COALESCE_MS = 10;

/** Tells other processes which queues have got jobs. Notifications are hints: losing one costs seconds, no job. */
export class Announcer {
  readonly #db: Db;
  readonly #log: Log;
  readonly #names = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ db, log }: { db: Db; log: Log }) {
    this.#db = db;
    this.#log = log;
  }

  announce(queue: string): void {
    this.#names.add(queue);
    this.#timer ??= setTimeout(() => void this.flush(), COALESCE_MS);
  }

  /** Sends what is waiting. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#names.size === 0) return;
    const payload = [...this.#names].join(" ");
    this.#names.clear();
    try {
      await this.#db.query(sql`select pg_notify(${CHANNEL}, ${payload})`);
    } catch (err) {
      this.#log.warn({ err }, "could not announce jobs");
    }
  }
}

/** Hears the announcements of all processes. */
export function createJobListener({
  url,
  log,
  onQueue,
  onConnect,
}: {
  url: string;
  log: Log;
  onQueue: (queue: string) => void;
  /** Called at each connection: what was announced before is lost. */
  onConnect: () => void;
}): Listener {
  return new Listener({
    url,
    channel: CHANNEL,
    name: "rowlock_jobs_listener",
    log,
    onPayload: (payload) => payload.split(" ").forEach(onQueue),
    onConnect,
  });
}
