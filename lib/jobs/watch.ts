import { type Db, sql } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";

const EVERY_MS = 2_000;
const MAINTAIN_EVERY_MS = 60_000;

/**
 * Wakes the workers of this process when jobs become due: delayed ones, those to be tried again, those that no
 * notification told of, and those of dead workers. One statement for all queues every two seconds; a job due within
 * that time gets a timer of its own.
 */
export class Watch {
  readonly #db: Db;
  readonly #log: Log;
  readonly #queues: () => string[];
  readonly #wake: (queue: string) => void;
  readonly #maintain: () => Promise<void>;
  #timers = new Set<NodeJS.Timeout>();
  #next: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #maintained = 0;
  #stopped = false;

  constructor({
    db,
    log,
    queues,
    wake,
    maintain,
  }: {
    db: Db;
    log: Log;
    queues: () => string[];
    wake: (queue: string) => void;
    /** Puts jobs of dead workers back, expires and deletes: called every minute, and as soon as a worker is dead. */
    maintain: () => Promise<void>;
  }) {
    this.#db = db;
    this.#log = log;
    this.#queues = queues;
    this.#wake = wake;
    this.#maintain = maintain;
  }

  start(): void {
    if (this.#stopped || this.#next !== undefined || this.#round !== undefined) return;
    this.#round = this.#look().finally(() => {
      this.#round = undefined;
      if (!this.#stopped) {
        this.#next = setTimeout(() => {
          this.#next = undefined;
          this.start();
        }, EVERY_MS);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#next);
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#round;
  }

  async #look(): Promise<void> {
    try {
      const queues = this.#queues();
      const rows = await this.#db.query<{ name: string | null; ms: number }>(sql`
        select name, (extract(epoch from min(start_after) - now()) * 1000)::float8 as ms
        from job_common
        where name = any(${queues}) and state < 'active' and not blocked
          and start_after < now() + ${`${EVERY_MS} ms`}::interval
        group by name
        union all
        select null, 0
        where exists (
          select from job_common
          where state = 'active' and heartbeat_on + heartbeat_seconds * interval '1 s' < now())`);
      for (const { name, ms } of rows) if (name !== null) this.#wakeIn(name, ms);
      const dead = rows.some((row) => row.name === null);
      if (dead || performance.now() - this.#maintained > MAINTAIN_EVERY_MS || this.#maintained === 0) {
        this.#maintained = performance.now();
        await this.#maintain();
      }
    } catch (err) {
      this.#log.warn({ err }, "could not look for due jobs");
    }
  }

  #wakeIn(queue: string, ms: number): void {
    if (ms <= 0) return this.#wake(queue);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#wake(queue);
    }, Math.ceil(ms) + 1);
    this.#timers.add(timer);
  }
}
