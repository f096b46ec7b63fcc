import pg from "pg";
import { type Db, sql } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";

const CHANNEL = "rowlock_jobs";

// Commits that notify queue up behind one lock of the whole server, so the notification is not part of the enqueuing
// transaction: it follows the commit, one for all jobs of this span.
const COALESCE_MS = 10;

const LONGEST_RECONNECT_MS = 30_000;

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

/** Hears the announcements of all processes, on a connection of its own that it opens again whenever it breaks. */
export class Listener {
  readonly #url: string;
  readonly #log: Log;
  readonly #onQueue: (queue: string) => void;
  readonly #onConnect: () => void;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor({
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
  }) {
    this.#url = url;
    this.#log = log;
    this.#onQueue = onQueue;
    this.#onConnect = onConnect;
  }

  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: "rowlock_jobs_listener",
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    this.#client = client;
    client.on("notification", ({ payload = "" }) => {
      for (const queue of payload.split(" ")) this.#onQueue(queue);
    });
    client.on("error", (err) => this.#reopen(client, err));
    client.on("end", () => this.#reopen(client, undefined));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      this.#failures = 0;
      this.#onConnect();
    } catch (err) {
      this.#reopen(client, err);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #reopen(client: pg.Client, err: unknown): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#log.warn({ err }, "lost the connection that listens for jobs");
    void client.end().catch(() => undefined);
    const pause = Math.min(LONGEST_RECONNECT_MS, 500 * 2 ** this.#failures++);
    this.#timer = setTimeout(() => void this.open(), pause);
  }
}
