import { afterAll, beforeAll, expect, test } from "vitest";
import type { Schema } from "../db/index.ts";
import { sql, sqlState } from "../db/index.ts";
import { createLog } from "../telemetry/log.ts";
import { type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import { createJobs, type Job, JobRejected, type Jobs, type JobsOptions } from "./index.ts";
import { defineQueue, jobId, type Queue } from "./queue.ts";
import { jobsSchema } from "./schema.ts";

interface Work {
  n: number;
}

const shop: Schema = {
  name: "shop",
  migrations: [{ name: "0001-sale", up: "create table sale (id int constraint sale_pkey primary key)" }],
};

let test1: TestDatabase;
const log = createLog({ level: "silent" });
const statements: string[] = [];
let queueNumber = 0;

beforeAll(async () => {
  test1 = await testDatabase([shop, jobsSchema]);
});
afterAll(() => test1[Symbol.asyncDispose]());

const newQueue = (options: Parameters<typeof defineQueue>[1] = {}) =>
  defineQueue<Work>(`test.q${++queueNumber}`, options);

const jobsFor = (queues: Queue<never>[], more: Partial<JobsOptions> = {}) =>
  createJobs({ url: test1.url, queues, schemas: ["shop"], log, ...more });

/** Starts jobs that note what they were given. */
async function started(
  queue: Queue<Work>,
  handle: (job: Job<Work>) => Promise<void> = async () => undefined,
) {
  const jobs = jobsFor([queue]);
  const done: Job<Work>[] = [];
  jobs.work(queue, async (job) => {
    await handle(job);
    done.push(job);
  });
  await jobs.start();
  return { jobs, done };
}

const enqueue = (jobs: Jobs, queue: Queue<Work>, n: number, options = {}) =>
  test1.db.transaction((tx) => jobs.enqueue(tx, queue, { n }, options));

const rowsOf = (queue: Queue<never>) =>
  test1.open("jobs", { poolSize: 1 }).query<{ state: string; retry_count: number; output: unknown }>(sql`
    select state::text, retry_count, output from job where name = ${queue.name} order by created_on`);

test("a job of a committed transaction runs once, at once", async () => {
  const queue = newQueue();
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  const began = performance.now();
  const id = await test1.db.transaction(async (tx) => {
    await tx.execute(sql`insert into sale (id) values (1)`);
    return await jobs.enqueue(tx, queue, { n: 1 });
  });
  await waitFor(() => done.length === 1);
  expect(performance.now() - began).toBeLessThan(1500); // before the watch over due jobs comes round
  expect(done[0]).toMatchObject({ id, data: { n: 1 }, attempt: 1 });
  await waitFor(async () => (await rowsOf(queue))[0]?.state === "completed");
  expect(done).toHaveLength(1);
});

test("a transaction that rolls back leaves no job", async () => {
  const queue = newQueue();
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  const failing = test1.db.transaction(async (tx) => {
    await jobs.enqueue(tx, queue, { n: 1 });
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  await enqueue(jobs, queue, 2);
  await waitFor(() => done.length === 1);
  expect(done.map((job) => job.data.n)).toEqual([2]);
  expect(await rowsOf(queue)).toHaveLength(1);
});

test("enqueuing costs one statement in the transaction, none elsewhere", async () => {
  const queue = newQueue();
  await using jobs = jobsFor([queue], { onStatement: (text) => statements.push(text) });
  jobs.work(queue, async () => undefined);
  await jobs.start();
  const inTransaction: string[] = [];
  const db = test1.open("shop", { onStatement: (text) => inTransaction.push(text) });
  await db.transaction((tx) => jobs.enqueue(tx, queue, { n: 1 }));
  statements.length = 0;
  inTransaction.length = 0;
  await db.transaction((tx) => jobs.enqueue(tx, queue, { n: 2 }));
  expect(inTransaction.map((text) => text.trim().slice(0, 11).toLowerCase())).toEqual([
    "begin",
    "insert into",
    "commit",
  ]);
  await waitFor(async () => (await rowsOf(queue)).every((row) => row.state === "completed"));
  const own = statements.filter((text) => !text.includes("start_after) - now()"));
  expect(own.length).toBeLessThanOrEqual(5); // fetch and settle of at most two batches, and a look at the empty queue
});

test("enqueueAll adds many with one statement", async () => {
  const queue = newQueue();
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  const inserted = await test1.db.transaction((tx) =>
    jobs.enqueueAll(
      tx,
      queue,
      [1, 2, 3, 3].map((n) => ({ data: { n }, singletonKey: String(n) })),
    ),
  );
  expect(inserted).toBe(3);
  await waitFor(() => done.length === 3);
  expect(done.map((job) => job.data.n).sort()).toEqual([1, 2, 3]);
});

test("the service's role can add jobs, and read, change or delete none", async () => {
  const queue = newQueue();
  await using jobs = jobsFor([queue]);
  await jobs.start();
  await enqueue(jobs, queue, 1);
  for (const statement of [
    sql`select data from jobs.job_common`,
    sql`update jobs.job_common set data = null`,
    sql`delete from jobs.job_common`,
    sql`select data from jobs.job`,
  ]) {
    const err = await test1.db.query(statement).catch((e: unknown) => e);
    expect(sqlState(err)).toBe("42501");
  }
});

test("a failed job is tried again, later each time, and then given to the dead letter queue", async () => {
  const dead = newQueue();
  const queue = newQueue({ retryLimit: 2, retryDelay: 1, retryBackoff: true, deadLetter: dead });
  const attempts: { attempt: number; at: number }[] = [];
  await using jobs = jobsFor([queue]);
  const buried: Job<Work>[] = [];
  jobs.work(queue, async ({ attempt }) => {
    attempts.push({ attempt, at: performance.now() });
    throw Object.assign(new Error(`no ${attempt}`), { secret: "s3cret" });
  });
  await jobs.start();
  await enqueue(jobs, queue, 7);
  await using grave = jobsFor([queue, dead]);
  grave.work(dead, async (job) => void buried.push(job));
  await grave.start();
  await waitFor(() => buried.length === 1, { timeoutMs: 20_000 });
  expect(attempts.map((each) => each.attempt)).toEqual([1, 2, 3]);
  const [first, second, third] = attempts.map((each) => each.at);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(500);
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(1000);
  expect(buried[0]?.data).toEqual({ n: 7 });
  const [row] = await rowsOf(queue);
  expect(row).toEqual({ state: "failed", retry_count: 2, output: { message: "no 3" } });
});

test("a rejected job is failed at once", async () => {
  const queue = newQueue({ retryLimit: 5 });
  const { jobs } = await started(queue, async () => {
    throw new JobRejected("never");
  });
  await using _ = jobs;
  await enqueue(jobs, queue, 1);
  await waitFor(async () => (await rowsOf(queue))[0]?.state === "failed");
  expect(await rowsOf(queue)).toEqual([{ state: "failed", retry_count: 0, output: { message: "never" } }]);
});

test("one job of a batch failing leaves the others done", async () => {
  const queue = newQueue({ retryLimit: 0 });
  const { jobs, done } = await started(queue, async ({ data }) => {
    if (data.n === 2) throw new Error("two");
  });
  await using _ = jobs;
  await test1.db.transaction((tx) =>
    jobs.enqueueAll(
      tx,
      queue,
      [1, 2, 3].map((n) => ({ data: { n } })),
    ),
  );
  await waitFor(async () =>
    (await rowsOf(queue)).every((row) => ["completed", "failed"].includes(row.state)),
  );
  expect(done.map((job) => job.data.n).sort()).toEqual([1, 3]);
});

test("an attempt over its time has failed, alone of its batch", async () => {
  const queue = newQueue({ retryLimit: 0, expireInSeconds: 1 });
  let aborted = false;
  const { jobs, done } = await started(queue, async ({ data, signal }) => {
    if (data.n === 1)
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    aborted ||= signal.aborted;
  });
  await using _ = jobs;
  await test1.db.transaction((tx) => jobs.enqueueAll(tx, queue, [{ data: { n: 1 } }, { data: { n: 2 } }]));
  await waitFor(async () =>
    (await rowsOf(queue)).every((row) => ["completed", "failed"].includes(row.state)),
  );
  expect((await rowsOf(queue)).map((row) => row.state).sort()).toEqual(["completed", "failed"]);
  expect(aborted).toBe(true);
  expect(done.some((job) => job.data.n === 2)).toBe(true);
});

test("a singleton key is accepted once, also concurrently and after its job is done", async () => {
  const queue = newQueue();
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  const ids = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => enqueue(jobs, queue, n, { singletonKey: "order/1 paid" })),
  );
  expect(ids.filter((id) => id !== undefined)).toEqual([jobId(queue.name, "order/1 paid")]);
  await waitFor(async () => (await rowsOf(queue))[0]?.state === "completed");
  expect(await enqueue(jobs, queue, 6, { singletonKey: "order/1 paid" })).toBeUndefined();
  expect(await enqueue(jobs, queue, 7, { singletonKey: "order/2 paid" })).toBeDefined();
  await waitFor(() => done.length === 2);
});

test("with the policy short, a key is accepted again once its job has begun", async () => {
  const queue = newQueue({ policy: "short" });
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  const later = { singletonKey: "k", startAfter: 1 };
  expect(await enqueue(jobs, queue, 1, later)).toBeDefined();
  expect(await enqueue(jobs, queue, 2, later)).toBeUndefined();
  await waitFor(() => done.length === 1);
  expect(await enqueue(jobs, queue, 3, { singletonKey: "k" })).toBeDefined();
  await waitFor(() => done.length === 2);
});

test.each([
  ["seconds", () => 2],
  ["a time", () => new Date(Date.now() + 2000)],
])("startAfter %s: not before, and soon after", async (_name, startAfter) => {
  const queue = newQueue();
  const times: number[] = [];
  const { jobs } = await started(queue, async () => void times.push(performance.now()));
  await using _ = jobs;
  const began = performance.now();
  await enqueue(jobs, queue, 1, { startAfter: startAfter() });
  await waitFor(() => times.length === 1);
  expect((times[0] ?? 0) - began).toBeGreaterThan(1900);
  expect((times[0] ?? 0) - began).toBeLessThan(3500);
});

test("a job enqueued by a process without workers wakes a worker of another", async () => {
  const queue = newQueue();
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  await using sender = jobsFor([queue]);
  await sender.start();
  const began = performance.now();
  for (let n = 0; n < 5; n++) {
    await enqueue(sender, queue, n);
    await waitFor(() => done.length === n + 1);
  }
  // Five wakes by the watch alone, every two seconds, would take longer.
  expect(performance.now() - began).toBeLessThan(4000);
});

test("a crowd of jobs is worked off, each once, by two processes", async () => {
  const queue = newQueue();
  const one = await started(queue);
  await using _one = one.jobs;
  const two = await started(queue);
  await using _two = two.jobs;
  await Promise.all(
    Array.from({ length: 200 }, (_, n) => enqueue(n % 2 === 0 ? one.jobs : two.jobs, queue, n)),
  );
  await waitFor(() => one.done.length + two.done.length === 200);
  const all = [...one.done, ...two.done].map((job) => job.data.n).sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test("a recurring job runs once per occurrence, however many processes schedule it", async () => {
  const queue = newQueue();
  const times: number[] = [];
  const both = [jobsFor([queue]), jobsFor([queue])];
  for (const jobs of both) {
    jobs.work(queue, async () => void times.push(Date.now()));
    jobs.schedule(queue, { everySeconds: 1 }, { n: 1 });
    await jobs.start();
  }
  await waitFor(() => times.length >= 3);
  await Promise.all(both.map((jobs) => jobs.stop()));
  const seconds = times.map((ms) => Math.floor(ms / 1000));
  expect(new Set(seconds).size).toBe(seconds.length);
});

test("a cron expression that cannot be read is refused where it stands", async () => {
  const queue = newQueue();
  await using jobs = jobsFor([queue]);
  expect(() => jobs.schedule(queue, { cron: "61 * * * *" }, { n: 1 })).toThrow();
  expect(() => jobs.schedule(queue, { cron: "* * * * *", timeZone: "Mars/Base" }, { n: 1 })).toThrow();
  jobs.schedule(queue, { cron: "0 3 * * *", timeZone: "Europe/Berlin" }, { n: 1 });
});

test("stopping waits for jobs under way", async () => {
  const queue = newQueue();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { jobs, done } = await started(queue, async () => {
    begun.resolve();
    await gate.promise;
  });
  await enqueue(jobs, queue, 1);
  await begun.promise;
  const stopped = jobs.stop();
  gate.resolve();
  await stopped;
  expect(done).toHaveLength(1);
  expect((await rowsOf(queue))[0]?.state).toBe("completed");
});

test("a job not done in time is handed back, aborted, and run by another process as the same attempt", async () => {
  const queue = newQueue({ retryLimit: 0 });
  const begun = Promise.withResolvers<AbortSignal>();
  const first = await started(queue, async ({ signal }) => {
    begun.resolve(signal);
    await new Promise(() => undefined);
  });
  await enqueue(first.jobs, queue, 1);
  const signal = await begun.promise;
  await first.jobs.stop({ graceMs: 50 });
  expect(signal.aborted).toBe(true);
  const second = await started(queue);
  await using _ = second.jobs;
  await waitFor(() => second.done.length === 1);
  expect(second.done[0]?.attempt).toBe(1);
});

test("the job of a dead worker is taken over in seconds", { timeout: 40_000 }, async () => {
  const queue = newQueue({ retryDelay: 1 });
  const { jobs, done } = await started(queue);
  await using _ = jobs;
  // As a worker that was killed ten seconds ago leaves it.
  const admin = test1.open("jobs", { poolSize: 1 });
  const id = await enqueue(jobs, queue, 1, { startAfter: 60 });
  await admin.execute(sql`
    update job set state = 'active', started_on = now() - interval '11 s', heartbeat_on = now() - interval '11 s',
      start_after = now() - interval '12 s' where name = ${queue.name} and id = ${id}::uuid`);
  const began = performance.now();
  await waitFor(() => done.length === 1, { timeoutMs: 20_000 });
  expect(done[0]?.attempt).toBe(2);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("idle workers send one statement every two seconds, whatever the number of queues", async () => {
  const queues = Array.from({ length: 10 }, () => newQueue());
  const sent: { at: number; text: string }[] = [];
  await using jobs = jobsFor(queues, { onStatement: (text) => sent.push({ at: performance.now(), text }) });
  for (const queue of queues) jobs.work(queue, async () => undefined);
  await jobs.start();
  const looks = () => sent.filter(({ text }) => text.includes("start_after) - now()"));
  await waitFor(() => looks().length >= 3);
  const [, second, third] = looks();
  const between = sent.filter(({ at }) => at > (second?.at ?? 0) && at < (third?.at ?? 0));
  expect(between).toEqual([]);
});

test("a start with everything in place is a handful of statements", async () => {
  const queues = Array.from({ length: 10 }, () => newQueue());
  await using first = jobsFor(queues);
  await first.start();
  statements.length = 0;
  await using second = jobsFor(queues, { onStatement: (text) => statements.push(text) });
  await second.start();
  expect(statements.length).toBeLessThanOrEqual(6);
});

test("two processes that start at once, on new queues, both start", async () => {
  const queues = Array.from({ length: 3 }, () => newQueue());
  const all = Array.from({ length: 3 }, () => jobsFor(queues));
  await Promise.all(all.map((jobs) => jobs.start()));
  await Promise.all(all.map((jobs) => jobs.stop()));
});

test("changed options reach the stored queue; another policy is refused", async () => {
  const name = newQueue().name;
  await using first = jobsFor([defineQueue<Work>(name, { retryLimit: 1 })]);
  await first.start();
  await using second = jobsFor([defineQueue<Work>(name, { retryLimit: 9 })]);
  await second.start();
  const rows = await test1.open("jobs").query(sql`select retry_limit from queue where name = ${name}`);
  expect(rows).toEqual([{ retry_limit: 9 }]);
  await using third = jobsFor([defineQueue<Work>(name, { policy: "short" })]);
  await expect(third.start()).rejects.toThrow("cannot become short");
});

test("mistakes are named", async () => {
  const queue = newQueue();
  await using jobs = jobsFor([queue]);
  await expect(enqueue(jobs, queue, 1)).rejects.toThrow("not started");
  expect(() => jobs.work(newQueue(), async () => undefined)).toThrow("not among the queues");
  jobs.work(queue, async () => undefined);
  expect(() => jobs.work(queue, async () => undefined)).toThrow("has a handler already");
  await jobs.start();
  await expect(enqueue(jobs, newQueue(), 1)).rejects.toThrow("not among the queues");
  expect(() => jobs.work(queue, async () => undefined)).toThrow("before the start");
  expect(() => defineQueue("a b")).toThrow(TypeError);
});
