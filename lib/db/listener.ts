import pg from "pg";
import type { Log } from "../telemetry/log.ts";

const connectTimeoutMs = 5_000;
const keepAliveMs = 10_000;
const firstPauseMs = 250;
const longestPauseMs = 30_000;

/** What to listen to, and what to do about it. */
export interface ListenerOptions {
  url: string;
  channel: string;
  /** What the connection is called in Postgres. */
  name: string;
  log: Log;
  onPayload: (payload: string) => void;
  /** Called at each connection: what was told before is lost. */
  onConnect: () => void;
}

/** Hears the notifications of a channel, on a connection of its own that it opens again whenever it breaks. */
export class Listener {
  readonly #options: ListenerOptions;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Opens the connection; settles when it is open, or has failed for the first time. */
  async open(): Promise<void> {
    const { url, channel, name, onPayload, onConnect } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    });
    this.#client = client;
    client.on("notification", ({ payload = "" }) => onPayload(payload));
    client.on("error", (err) => this.#reopen(client, err));
    client.on("end", () => this.#reopen(client, undefined));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      if (this.#client !== client) return;
      this.#failures = 0;
      onConnect();
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
    const { log, channel } = this.#options;
    log.warn({ err, channel }, "lost a connection that listens");
    void client.end().catch(() => undefined);
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++);
    this.#timer = setTimeout(() => void this.open(), pause);
  }
}
