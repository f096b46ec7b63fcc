import { expect, test } from "vitest";
import { sql, sqlState } from "../db/index.ts";
import { waitFor } from "../testing/wait-for.ts";
import { type Job, JobRejected } from "./index.ts";
import { jobId } from "./queue.ts";
import { byNumber, JobsFixture, type Work } from "./testing/fixture.ts";

const fixture = new JobsFixture();
const statements: string[] = [];

test("a job of a committed transaction runs once, at once", async () => {
  const queue = fixture.newQueue();
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  const began = performance.now();
  const id = await fixture.database.db.transaction(async (tx) => {
    await tx.execute(sql`insert into sale (id) values (1)`);
    return await jobs.enqueue(tx, queue, { n: 1 });
  });
  await waitFor(() => done.length === 1);
  expect(performance.now() - began).toBeLessThan(1500); // before the watch over due jobs comes round
  expect(done[0]).toMatchObject({ id, data: { n: 1 }, attempt: 1 });
  await waitFor(async () => (await fixture.rowsOf(queue))[0]?.state === "completed");
  expect(done).toHaveLength(1);
});

test("a transaction that rolls back leaves no job", async () => {
  const queue = fixture.newQueue();
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  const failing = fixture.database.db.transaction(async (tx) => {
    await jobs.enqueue(tx, queue, { n: 1 });
    throw new Error("undo");
  });
  await expect(failing).rejects.toThrow("undo");
  await fixture.enqueue(jobs, queue, 2);
  await waitFor(() => done.length === 1);
  expect(done.map((job) => job.data.n)).toEqual([2]);
  expect(await fixture.rowsOf(queue)).toHaveLength(1);
});

test("a job costs one statement in its transaction, one to fetch and one to settle", async () => {
  const queue = fixture.newQueue();
  await using jobs = fixture.jobsFor([queue], { onStatement: (text) => statements.push(text) });
  jobs.work(queue, async () => undefined);
  await jobs.start();
  const inTransaction: string[] = [];
  const db = fixture.database.open("shop", { onStatement: (text) => inTransaction.push(text) });
  const allDone = () =>
    waitFor(async () => (await fixture.rowsOf(queue)).every((row) => row.state === "completed"));
  await db.transaction((tx) => jobs.enqueue(tx, queue, { n: 1 }));
  await allDone();
  statements.length = 0;
  inTransaction.length = 0;
  await db.transaction((tx) => jobs.enqueue(tx, queue, { n: 2 }));
  await allDone();
  expect(inTransaction.map((text) => text.trim().slice(0, 11).toLowerCase())).toEqual([
    "begin",
    "insert into",
    "commit",
  ]);
  // Maintenance and the watch over due jobs come by the clock, not by the job.
  const own = statements.map((text) => /^\s*with\s+(next|input) as/i.exec(text)?.[1]).filter(Boolean);
  expect(own).toEqual(["next", "input"]);
  expect(statements.some((text) => text.includes("pg_notify"))).toBe(false);
});

test("enqueueAll adds many with one statement", async () => {
  const queue = fixture.newQueue();
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  const inserted = await fixture.database.db.transaction((tx) =>
    jobs.enqueueAll(
      tx,
      queue,
      [1, 2, 3, 3].map((n) => ({ data: { n }, singletonKey: String(n) })),
    ),
  );
  expect(inserted).toBe(3);
  await waitFor(() => done.length === 3);
  expect(done.map((job) => job.data.n).sort(byNumber)).toEqual([1, 2, 3]);
});

test("the service's role can add jobs, and read, change or delete none", async () => {
  const queue = fixture.newQueue();
  await using jobs = fixture.jobsFor([queue]);
  await jobs.start();
  await fixture.enqueue(jobs, queue, 1);
  for (const statement of [
    sql`select data from jobs.job_common`,
    sql`update jobs.job_common set data = null`,
    sql`delete from jobs.job_common`,
    sql`select data from jobs.job`,
  ]) {
    const err = await fixture.database.db.query(statement).catch((e: unknown) => e);
    expect(sqlState(err)).toBe("42501");
  }
});

test("a failed job is tried again, later each time, and then given to the dead letter queue", async () => {
  const dead = fixture.newQueue();
  const queue = fixture.newQueue({ retryLimit: 2, retryDelay: 1, retryBackoff: true, deadLetter: dead });
  const attempts: { attempt: number; at: number }[] = [];
  await using jobs = fixture.jobsFor([queue]);
  const buried: Job<Work>[] = [];
  jobs.work(queue, async ({ attempt }) => {
    attempts.push({ attempt, at: performance.now() });
    throw Object.assign(new Error(`no ${attempt}`), { secret: "s3cret" });
  });
  await jobs.start();
  await fixture.enqueue(jobs, queue, 7);
  await using grave = fixture.jobsFor([queue, dead]);
  grave.work(dead, async (job) => void buried.push(job));
  await grave.start();
  await waitFor(() => buried.length === 1, { timeoutMs: 20_000 });
  expect(attempts.map((each) => each.attempt)).toEqual([1, 2, 3]);
  const [first, second, third] = attempts.map((each) => each.at);
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(500);
  expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(1000);
  expect(buried[0]?.data).toEqual({ n: 7 });
  const [row] = await fixture.rowsOf(queue);
  expect(row).toEqual({ state: "failed", retry_count: 2, output: { message: "no 3" } });
});

test("a rejected job is failed at once", async () => {
  const queue = fixture.newQueue({ retryLimit: 5 });
  const { jobs } = await fixture.started(queue, async () => {
    throw new JobRejected("never");
  });
  await using _ = jobs;
  await fixture.enqueue(jobs, queue, 1);
  await waitFor(async () => (await fixture.rowsOf(queue))[0]?.state === "failed");
  expect(await fixture.rowsOf(queue)).toEqual([
    { state: "failed", retry_count: 0, output: { message: "never" } },
  ]);
});

test("jobs are found by what they carry, with what became of them", async () => {
  const [queue, other] = [fixture.newQueue(), fixture.newQueue()];
  await using jobs = fixture.jobsFor([queue, other]);
  jobs.work(queue, async ({ data }) => {
    if (data.n === 2) throw new JobRejected("never");
  });
  await jobs.start();
  for (const n of [1, 2]) await fixture.enqueue(jobs, queue, n);
  await fixture.enqueue(jobs, other, 2, { startAfter: 60 });
  await waitFor(async () =>
    (await fixture.rowsOf(queue)).every((row) => ["completed", "failed"].includes(row.state)),
  );
  const found = await jobs.find([queue, other], { n: 2 });
  expect(found).toMatchObject([
    { queue: queue.name, state: "failed", error: "never", endTime: expect.any(Date) },
    { queue: other.name, state: "created", error: "", attempts: 0, endTime: null },
  ]);
  expect(found[1]?.dueTime.getTime()).toBeGreaterThan(Date.now());
  expect(await jobs.find([other], { n: 1 })).toEqual([]);
  await expect((async () => jobs.find([fixture.newQueue()], {}))()).rejects.toThrow("not among the queues");
});

test("one job of a batch failing leaves the others done", async () => {
  const queue = fixture.newQueue({ retryLimit: 0 });
  const { jobs, done } = await fixture.started(queue, async ({ data }) => {
    if (data.n === 2) throw new Error("two");
  });
  await using _ = jobs;
  await fixture.database.db.transaction((tx) =>
    jobs.enqueueAll(
      tx,
      queue,
      [1, 2, 3].map((n) => ({ data: { n } })),
    ),
  );
  await waitFor(async () =>
    (await fixture.rowsOf(queue)).every((row) => ["completed", "failed"].includes(row.state)),
  );
  expect(done.map((job) => job.data.n).sort(byNumber)).toEqual([1, 3]);
});

test("an attempt over its time has failed, alone of its batch", async () => {
  const queue = fixture.newQueue({ retryLimit: 0, expireInSeconds: 1 });
  let aborted = false;
  const { jobs, done } = await fixture.started(queue, async ({ data, signal }) => {
    if (data.n === 1)
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    aborted ||= signal.aborted;
  });
  await using _ = jobs;
  await fixture.database.db.transaction((tx) =>
    jobs.enqueueAll(tx, queue, [{ data: { n: 1 } }, { data: { n: 2 } }]),
  );
  await waitFor(async () =>
    (await fixture.rowsOf(queue)).every((row) => ["completed", "failed"].includes(row.state)),
  );
  expect((await fixture.rowsOf(queue)).map((row) => row.state).sort()).toEqual(["completed", "failed"]);
  expect(aborted).toBe(true);
  expect(done.some((job) => job.data.n === 2)).toBe(true);
});

test("a singleton key is accepted once, also concurrently and after its job is done", async () => {
  const queue = fixture.newQueue();
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  const ids = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => fixture.enqueue(jobs, queue, n, { singletonKey: "order/1 paid" })),
  );
  expect(ids.filter((id) => id !== undefined)).toEqual([jobId(queue.name, "order/1 paid")]);
  await waitFor(async () => (await fixture.rowsOf(queue))[0]?.state === "completed");
  expect(await fixture.enqueue(jobs, queue, 6, { singletonKey: "order/1 paid" })).toBeUndefined();
  expect(await fixture.enqueue(jobs, queue, 7, { singletonKey: "order/2 paid" })).toBeDefined();
  await waitFor(() => done.length === 2);
});

test("with the policy short, a key is accepted again once its job has begun", async () => {
  const queue = fixture.newQueue({ policy: "short" });
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  const later = { singletonKey: "k", startAfter: 1 };
  expect(await fixture.enqueue(jobs, queue, 1, later)).toBeDefined();
  expect(await fixture.enqueue(jobs, queue, 2, later)).toBeUndefined();
  await waitFor(() => done.length === 1);
  expect(await fixture.enqueue(jobs, queue, 3, { singletonKey: "k" })).toBeDefined();
  await waitFor(() => done.length === 2);
});

test.each([
  ["seconds", () => 2],
  ["a time", () => new Date(Date.now() + 2000)],
])("startAfter %s: not before, and soon after", async (_name, startAfter) => {
  const queue = fixture.newQueue();
  const times: number[] = [];
  const { jobs } = await fixture.started(queue, async () => void times.push(performance.now()));
  await using _ = jobs;
  const began = performance.now();
  await fixture.enqueue(jobs, queue, 1, { startAfter: startAfter() });
  await waitFor(() => times.length === 1);
  expect((times[0] ?? 0) - began).toBeGreaterThan(1900);
  expect((times[0] ?? 0) - began).toBeLessThan(3500);
});

test("a job enqueued by a process without workers wakes a worker of another", async () => {
  const queue = fixture.newQueue();
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  await using sender = fixture.jobsFor([queue]);
  await sender.start();
  const began = performance.now();
  for (let n = 0; n < 5; n++) {
    await fixture.enqueue(sender, queue, n);
    await waitFor(() => done.length === n + 1);
  }
  // Five wakes by the watch alone, every two seconds, would take longer.
  expect(performance.now() - began).toBeLessThan(4000);
});

test("a crowd of jobs is worked off, each once, by two processes", async () => {
  const queue = fixture.newQueue();
  const one = await fixture.started(queue);
  await using _one = one.jobs;
  const two = await fixture.started(queue);
  await using _two = two.jobs;
  await Promise.all(
    Array.from({ length: 200 }, (_, n) => fixture.enqueue(n % 2 === 0 ? one.jobs : two.jobs, queue, n)),
  );
  await waitFor(() => one.done.length + two.done.length === 200);
  const all = [...one.done, ...two.done].map((job) => job.data.n).sort(byNumber);
  expect(all).toEqual(Array.from({ length: 200 }, (_, n) => n));
});
