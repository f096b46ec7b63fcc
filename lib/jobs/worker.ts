import type { Job as BossJob, JobResult, PgBoss } from "pg-boss";
import type { Log } from "../telemetry/log.ts";
import { expireSeconds, type Queue } from "./queue.ts";

/** A job as its handler sees it. */
export interface Job<Data extends object> {
  readonly id: string;
  readonly data: Data;
  /** 1 at the first attempt. */
  readonly attempt: number;
  /** Aborted when the attempt has taken too long, another worker has it, or the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Does the job; when it throws, the job is tried again later. It may run more than once (the process may die between
 * the work and its record), so it must be safe to repeat.
 */
export type JobHandler<Data extends object> = (job: Job<Data>) => Promise<void>;

/** Thrown by a handler for a job that no repetition can help: it is failed for good at once. */
export class JobRejected extends Error {
  override readonly name = "JobRejected";
}

/** How much a process takes on of one queue: `concurrency` × `batchSize` jobs at most. */
export interface WorkOptions {
  /** Jobs fetched and settled by one statement each; 8 when not given. The batch is settled when its slowest job ends. */
  batchSize?: number;
  /** Batches at a time; 2 when not given. */
  concurrency?: number;
}

// Wakes come by notification and by the watch over due jobs; the poll is for the case that both fail.
const POLL_SECONDS = 60;

/** The workers of one queue in this process. */
export class QueueWorkers {
  readonly queue: Queue<never>;
  readonly #boss: PgBoss;
  readonly #log: Log;
  readonly #handler: JobHandler<never>;
  readonly #options: Required<WorkOptions>;
  readonly #idle = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #running = new Map<string, AbortController>();

  constructor({
    boss,
    log,
    queue,
    handler,
    options,
  }: {
    boss: PgBoss;
    log: Log;
    queue: Queue<never>;
    handler: JobHandler<never>;
    options: WorkOptions;
  }) {
    this.queue = queue;
    this.#boss = boss;
    this.#log = log.child({ queue: queue.name });
    this.#handler = handler;
    this.#options = { batchSize: options.batchSize ?? 8, concurrency: options.concurrency ?? 2 };
  }

  async start(): Promise<void> {
    const { batchSize, concurrency } = this.#options;
    // One registration each: pg-boss wakes a worker by the number of its registration.
    for (let i = 0; i < concurrency; i++) {
      let id = "";
      id = await this.#boss.work<
        never,
        unknown,
        { batchSize: number; perJobResults: true; pollingIntervalSeconds: number }
      >(this.queue.name, { batchSize, perJobResults: true, pollingIntervalSeconds: POLL_SECONDS }, (batch) =>
        this.#runBatch(id, batch),
      );
      this.#idle.add(id);
    }
  }

  /** Makes an idle worker look for jobs now; whether there was one. Otherwise one looks as soon as its batch is done. */
  wake(): boolean {
    const [idle] = this.#idle;
    if (idle !== undefined) {
      // To the end of the line, so that several wakes reach several workers.
      this.#idle.delete(idle);
      this.#idle.add(idle);
      this.#boss.notifyWorker(idle);
      return true;
    }
    for (const id of this.#busy) this.#boss.notifyWorker(id);
    return false;
  }

  /** Takes on no more jobs; resolves when the batches under way are settled. */
  async drain(): Promise<void> {
    await this.#boss.offWork(this.queue.name, { wait: true });
  }

  /** Ids of the jobs under way. */
  get running(): string[] {
    return [...this.#running.keys()];
  }

  /** Tells the handlers that are left that they are on their own. */
  abort(reason: Error): void {
    for (const controller of this.#running.values()) controller.abort(reason);
  }

  async #runBatch(id: string, batch: BossJob<never>[]): Promise<JobResult[]> {
    this.#idle.delete(id);
    this.#busy.add(id);
    // A full batch: there may be more.
    if (batch.length === this.#options.batchSize) this.#boss.notifyWorker(id);
    try {
      return await Promise.all(batch.map((job) => this.#runJob(job)));
    } finally {
      this.#busy.delete(id);
      this.#idle.add(id);
    }
  }

  async #runJob(job: BossJob<never>): Promise<JobResult> {
    const attempt = job.retryCount + 1;
    const controller = new AbortController();
    const seconds = expireSeconds(this.queue.options);
    // Before pg-boss's own limit, which would fail the whole batch for one job.
    const timer = setTimeout(
      () => controller.abort(new Error(`the attempt took longer than ${seconds} s`)),
      seconds * 1000 * 0.95,
    );
    this.#running.set(job.id, controller);
    try {
      const signal = AbortSignal.any([job.signal, controller.signal]);
      await Promise.race([
        this.#handler({ id: job.id, data: job.data, attempt, signal }),
        aborted(controller.signal),
      ]);
      return { id: job.id, status: "completed" };
    } catch (err) {
      const final = err instanceof JobRejected || attempt > (this.queue.options.retryLimit ?? 10);
      this.#log[final ? "error" : "warn"](
        { err, jobId: job.id, attempt },
        final ? "job failed for good" : "job failed",
      );
      // The text alone: properties of an error may hold what must not be stored.
      const output = { message: err instanceof Error ? err.message : String(err) };
      return { id: job.id, status: err instanceof JobRejected ? "deadletter" : "failed", output };
    } finally {
      clearTimeout(timer);
      this.#running.delete(job.id);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
