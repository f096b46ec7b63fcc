import { afterAll, beforeAll } from "vitest";
import { type Db, type Schema, sql } from "../../db/index.ts";
import { createLog } from "../../telemetry/log.ts";
import { type TestDatabase, testDatabase } from "../../testing/postgres.ts";
import { createJobs, type Job, type Jobs, type JobsOptions } from "../index.ts";
import { defineQueue, type EnqueueOptions, type Queue } from "../queue.ts";
import { jobsSchema } from "../schema.ts";

/** What the jobs of these tests carry. */
export interface Work {
  n: number;
}

const shop: Schema = {
  name: "shop",
  migrations: [{ name: "0001-sale", up: "create table sale (id int constraint sale_pkey primary key)" }],
};

const log = createLog({ level: "silent" });

/** A job's row, as far as tests look at it. */
export interface JobRow {
  state: string;
  retry_count: number;
  output: unknown;
}

/** A database with jobs and a service that enqueues them, for one test file. */
export class JobsFixture {
  #database: TestDatabase | undefined;
  #admin: Db | undefined;
  #queues = 0;

  constructor() {
    beforeAll(async () => {
      this.#database = await testDatabase([shop, jobsSchema]);
      this.#admin = this.#database.open("jobs");
    });
    afterAll(() => this.#database?.[Symbol.asyncDispose]());
  }

  get database(): TestDatabase {
    if (this.#database === undefined) throw new Error("the database is opened before the first test");
    return this.#database;
  }

  /** A pool under the role of the jobs' schema. */
  get admin(): Db {
    if (this.#admin === undefined) throw new Error("the database is opened before the first test");
    return this.#admin;
  }

  /** A queue that no other test has. */
  newQueue(options: Parameters<typeof defineQueue>[1] = {}): Queue<Work> {
    return defineQueue<Work>(`test.q${++this.#queues}`, options);
  }

  jobsFor(queues: Queue<never>[], more: Partial<JobsOptions> = {}): Jobs {
    return createJobs({ url: this.database.url, queues, schemas: ["shop"], log, ...more });
  }

  /** Started jobs with a worker that notes what it has done. */
  async started(queue: Queue<Work>, handle: (job: Job<Work>) => Promise<void> = async () => undefined) {
    const jobs = this.jobsFor([queue]);
    const done: Job<Work>[] = [];
    jobs.work(queue, async (job) => {
      await handle(job);
      done.push(job);
    });
    await jobs.start();
    return { jobs, done };
  }

  /** Enqueues in a transaction of the service. */
  enqueue(
    jobs: Jobs,
    queue: Queue<Work>,
    n: number,
    options: EnqueueOptions = {},
  ): Promise<string | undefined> {
    return this.database.db.transaction((tx) => jobs.enqueue(tx, queue, { n }, options));
  }

  rowsOf(queue: Queue<never>): Promise<JobRow[]> {
    return this.admin.query<JobRow>(sql`
      select state::text, retry_count, output from job where name = ${queue.name} order by created_on`);
  }
}

/** For sorting numbers by value. */
export const byNumber = (a: number, b: number) => a - b;
