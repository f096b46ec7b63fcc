import { type JobInsert, PgBoss } from "pg-boss";
import { type Clock, systemClock } from "../clock.ts";
import { type Db, type Listener, openDatabase, sql, type Tx } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";
import { within } from "../within.ts";
import { bossDatabase } from "./boss-database.ts";
import { findJobs, type JobRecord } from "./find-jobs.ts";
import { Announcer, createJobListener } from "./notifier.ts";
import { prepare } from "./prepare.ts";
import { type EnqueueOptions, jobId, type Queue, sendOptions } from "./queue.ts";
import { nextMultiple, type Recurrence, Schedule } from "./schedule.ts";
import { JOBS_SCHEMA } from "./schema.ts";
import { Watch } from "./watch.ts";
import { type JobHandler, QueueWorkers, type WorkOptions } from "./worker.ts";

/** The jobs of one process: enqueues in the services' transactions, works on queues, runs schedules. */
export interface Jobs {
  /** Makes the queues and the grants, then starts workers and schedules. */
  start(): Promise<void>;
  /**
   * Adds a job within the transaction: it exists when the transaction commits, and not otherwise. One statement.
   * The job's id, or undefined when there is one of its `singletonKey` already.
   */
  enqueue<Data extends object>(
    tx: Pick<Tx, "run" | "afterCommit">,
    queue: Queue<Data>,
    data: Data,
    options?: EnqueueOptions,
  ): Promise<string | undefined>;
  /** Adds many jobs of one queue with one statement; how many were not there already. */
  enqueueAll<Data extends object>(
    tx: Pick<Tx, "run" | "afterCommit">,
    queue: Queue<Data>,
    jobs: readonly ({ data: Data } & EnqueueOptions)[],
  ): Promise<number>;
  /** Jobs of these queues whose data contains `match`, the oldest first; slow: for people who look into one thing. */
  find(
    queues: readonly Queue<never>[],
    match: Readonly<Record<string, string | number>>,
  ): Promise<readonly JobRecord[]>;
  /** Has this process work on the queue, from `start` on. */
  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>, options?: WorkOptions): void;
  /** Adds a job at each occurrence, from `start` on; one, however many processes say so. */
  schedule<Data extends object>(queue: Queue<Data>, when: Recurrence, data: Data): void;
  /**
   * Takes on no more jobs and waits for those under way; those that take longer than `graceMs` (10 s when not given)
   * are aborted and handed back, to be run by another process without counting as an attempt. Closes all connections.
   */
  stop(options?: { graceMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What jobs are made from. */
export interface JobsOptions {
  /** The URL's user must be a member of `rowlock_jobs`: `migrate` with `jobsSchema` grants it. */
  url: string;
  /** All queues that this process enqueues to or works on. */
  queues: readonly Queue<never>[];
  /** Schemas of the services whose transactions enqueue here. */
  schemas?: readonly string[];
  log: Log;
  /** Connections for fetching and settling; 4 when not given. One more listens when there are workers. */
  poolSize?: number;
  clock?: Clock;
  /** Called with the text of each statement on the jobs' own connections. */
  onStatement?: (text: string) => void;
}

const GRACE_MS = 10_000;

// Longer than it takes to close after handing jobs back: another process must not have them while we still let go.
const HANDED_BACK_PAUSE = "3 s";
const SETTLE_MS = 1_000;

/** Jobs on pg-boss. Does nothing before `start`. */
export function createJobs(options: JobsOptions): Jobs {
  return new BossJobs(options);
}

class BossJobs implements Jobs {
  readonly #options: JobsOptions;
  readonly #db: Db;
  readonly #boss: PgBoss;
  readonly #announcer: Announcer;
  readonly #listener: Listener;
  readonly #watch: Watch;
  readonly #queues: Set<string>;
  readonly #workers = new Map<string, QueueWorkers>();
  readonly #schedules: Schedule[] = [];
  #state: "new" | "started" | "stopped" = "new";

  constructor(options: JobsOptions) {
    const { url, queues, log, poolSize = 4, onStatement } = options;
    this.#options = options;
    this.#db = openDatabase({ url, schema: JOBS_SCHEMA, poolSize, log, onStatement });
    this.#boss = createBoss(this.#db, log);
    this.#queues = new Set(queues.map((queue) => queue.name));
    this.#announcer = new Announcer({ db: this.#db, log });
    const wake = (queue: string) => void this.#workers.get(queue)?.wake();
    const wakeAll = () => {
      for (const workers of this.#workers.values()) workers.wake();
    };
    this.#listener = createJobListener({ url, log, onQueue: wake, onConnect: wakeAll });
    this.#watch = new Watch({
      db: this.#db,
      log,
      wake,
      queues: () => [...this.#workers.keys()],
      maintain: () => this.#boss.supervise(),
    });
  }

  async start(): Promise<void> {
    if (this.#state !== "new") throw new Error("jobs are started once");
    const { queues, schemas = [] } = this.#options;
    await this.#boss.start();
    await prepare({ db: this.#db, boss: this.#boss, queues, schemas });
    this.#state = "started";
    for (const workers of this.#workers.values()) await workers.start();
    if (this.#workers.size > 0) {
      await this.#listener.open();
      this.#watch.start();
    }
    for (const schedule of this.#schedules) schedule.start();
  }

  async enqueue<Data extends object>(
    tx: Pick<Tx, "run" | "afterCommit">,
    queue: Queue<Data>,
    data: Data,
    options: EnqueueOptions = {},
  ): Promise<string | undefined> {
    this.#assertKnown(queue);
    const sent = { ...sendOptions(queue, options), db: bossDatabase(tx) };
    const id = (await this.#boss.send(queue.name, data, sent)) ?? undefined;
    if (id !== undefined) tx.afterCommit(() => this.#announce(queue.name));
    return id;
  }

  async enqueueAll<Data extends object>(
    tx: Pick<Tx, "run" | "afterCommit">,
    queue: Queue<Data>,
    jobs: readonly ({ data: Data } & EnqueueOptions)[],
  ): Promise<number> {
    this.#assertKnown(queue);
    if (jobs.length === 0) return 0;
    const rows = new Map<unknown, JobInsert>();
    for (const { data, ...options } of jobs) {
      const row = { data, ...sendOptions(queue, options) };
      // The first of a key wins, as it would if they came one by one.
      const key = row.id ?? Symbol("no key");
      if (!rows.has(key)) rows.set(key, row);
    }
    const ids = await this.#boss.insert(queue.name, [...rows.values()], {
      db: bossDatabase(tx),
      returnId: true,
    });
    if (ids !== null) tx.afterCommit(() => this.#announce(queue.name));
    return ids?.length ?? 0;
  }

  find(
    queues: readonly Queue<never>[],
    match: Readonly<Record<string, string | number>>,
  ): Promise<readonly JobRecord[]> {
    for (const queue of queues) this.#assertDefined(queue);
    return findJobs(this.#db, { queues: queues.map(({ name }) => name), match });
  }

  work<Data extends object>(queue: Queue<Data>, handler: JobHandler<Data>, options: WorkOptions = {}): void {
    this.#assertNew();
    this.#assertDefined(queue);
    if (this.#workers.has(queue.name)) throw new Error(`queue ${queue.name} has a handler already`);
    const workers = new QueueWorkers({ boss: this.#boss, log: this.#options.log, queue, handler, options });
    this.#workers.set(queue.name, workers);
  }

  schedule<Data extends object>(queue: Queue<Data>, when: Recurrence, data: Data): void {
    this.#assertNew();
    this.#assertDefined(queue);
    const next = (after: Date) =>
      "cron" in when
        ? this.#boss.previewSchedule(when.cron, { tz: when.timeZone ?? "UTC", from: after, count: 1 })[0]
        : nextMultiple(when.everySeconds, after);
    const clock = this.#options.clock ?? systemClock;
    // Refuses an expression that cannot be read here and now, not at its first occurrence.
    next(clock());
    const fire = (occurrence: Date) => void this.#enqueueOccurrence(queue, occurrence, data);
    this.#schedules.push(new Schedule({ next, fire, clock }));
  }

  async stop({ graceMs = GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    if (this.#state === "stopped") return;
    const started = this.#state === "started";
    this.#state = "stopped";
    for (const schedule of this.#schedules) schedule.stop();
    await this.#watch.stop();
    if (started) {
      await this.#drain(graceMs);
      await this.#announcer.flush();
    }
    await this.#listener.close();
    await this.#boss.stop({ graceful: false });
    await this.#db[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #drain(graceMs: number): Promise<void> {
    const all = [...this.#workers.values()];
    const drained = Promise.all(all.map((workers) => workers.drain()));
    await within(drained, { ms: graceMs, late: () => undefined });
    for (const workers of all) {
      const ids = workers.running;
      if (ids.length === 0) continue;
      // As it was before it was fetched: the next fetch counts as the same attempt.
      await this.#db.execute(sql`
        update job_common
        set state = case when retry_count > 0 then 'retry' else 'created' end::job_state,
          started_on = null, heartbeat_on = null, start_after = now() + ${HANDED_BACK_PAUSE}::interval
        where name = ${workers.queue.name} and id = any(${ids}::uuid[]) and state = 'active'`);
      this.#options.log.warn(
        { queue: workers.queue.name, jobs: ids.length },
        "handed back jobs that were not done",
      );
      workers.abort(new Error("the process stops"));
    }
    await within(drained, { ms: SETTLE_MS, late: () => undefined });
  }

  /** Local workers first; other processes are told when none of ours is free. */
  #announce(queue: string): void {
    if (this.#state !== "started") return;
    if (!(this.#workers.get(queue)?.wake() ?? false)) this.#announcer.announce(queue);
  }

  async #enqueueOccurrence(queue: Queue<never>, occurrence: Date, data: object): Promise<void> {
    try {
      const id = jobId(queue.name, `at ${occurrence.toISOString()}`);
      const sent = await this.#boss.send(queue.name, data, { id });
      if (sent !== null) this.#announce(queue.name);
    } catch (err) {
      this.#options.log.error({ err, queue: queue.name }, "a scheduled job could not be enqueued");
    }
  }

  #assertNew(): void {
    if (this.#state !== "new") throw new Error("handlers and schedules are registered before the start");
  }

  #assertKnown(queue: Queue<never>): void {
    if (this.#state !== "started") throw new Error("jobs are not started");
    this.#assertDefined(queue);
  }

  #assertDefined(queue: Queue<never>): void {
    if (!this.#queues.has(queue.name))
      throw new Error(`queue ${queue.name} is not among the queues of these jobs`);
  }
}

function createBoss(db: Db, log: Log): PgBoss {
  const boss = new PgBoss({
    db: bossDatabase(db),
    schema: JOBS_SCHEMA,
    createSchema: false,
    // Recurring jobs, maintenance and waking are done here, with fewer statements.
    schedule: false,
    supervise: false,
    // Lets `supervise` act at once when a worker has died.
    monitorIntervalSeconds: 1,
    queueCacheIntervalSeconds: 3600,
    bamIntervalSeconds: 3600,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on("error", (err) => log.warn({ err }, "pg-boss reports"));
  boss.on("warning", ({ message }) => log.warn({ detail: message }, "pg-boss warns"));
  return boss;
}
