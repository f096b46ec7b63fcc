import { expect, test } from "vitest";
import { sql } from "../db/index.ts";
import { waitFor } from "../testing/wait-for.ts";
import { defineQueue } from "./queue.ts";
import { JobsFixture, type Work } from "./testing/fixture.ts";

const fixture = new JobsFixture();
const statements: string[] = [];

test("a recurring job runs once per occurrence, however many processes schedule it", async () => {
  const queue = fixture.newQueue();
  const times: number[] = [];
  const both = [fixture.jobsFor([queue]), fixture.jobsFor([queue])];
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
  const queue = fixture.newQueue();
  await using jobs = fixture.jobsFor([queue]);
  expect(() => jobs.schedule(queue, { cron: "61 * * * *" }, { n: 1 })).toThrow("Constraint error");
  expect(() => jobs.schedule(queue, { cron: "* * * * *", timeZone: "Mars/Base" }, { n: 1 })).toThrow(
    "Mars/Base",
  );
  jobs.schedule(queue, { cron: "0 3 * * *", timeZone: "Europe/Berlin" }, { n: 1 });
});

test("stopping waits for jobs under way", async () => {
  const queue = fixture.newQueue();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { jobs, done } = await fixture.started(queue, async () => {
    begun.resolve();
    await gate.promise;
  });
  await fixture.enqueue(jobs, queue, 1);
  await begun.promise;
  const stopped = jobs.stop();
  gate.resolve();
  await stopped;
  expect(done).toHaveLength(1);
  expect((await fixture.rowsOf(queue))[0]?.state).toBe("completed");
});

test("a job not done in time is handed back, aborted, and run by another process as the same attempt", async () => {
  const queue = fixture.newQueue({ retryLimit: 0 });
  const begun = Promise.withResolvers<AbortSignal>();
  const first = await fixture.started(queue, async ({ signal }) => {
    begun.resolve(signal);
    await new Promise(() => undefined);
  });
  await fixture.enqueue(first.jobs, queue, 1);
  const signal = await begun.promise;
  await first.jobs.stop({ graceMs: 50 });
  expect(signal.aborted).toBe(true);
  const second = await fixture.started(queue);
  await using _ = second.jobs;
  await waitFor(() => second.done.length === 1);
  expect(second.done[0]?.attempt).toBe(1);
});

test("the job of a dead worker is taken over in seconds", { timeout: 40_000 }, async () => {
  const queue = fixture.newQueue({ retryDelay: 1 });
  const { jobs, done } = await fixture.started(queue);
  await using _ = jobs;
  // As a worker that was killed ten seconds ago leaves it.
  const id = await fixture.enqueue(jobs, queue, 1, { startAfter: 60 });
  await fixture.admin.execute(sql`
    update job set state = 'active', started_on = now() - interval '11 s', heartbeat_on = now() - interval '11 s',
      start_after = now() - interval '12 s' where name = ${queue.name} and id = ${id}::uuid`);
  const began = performance.now();
  await waitFor(() => done.length === 1, { timeoutMs: 20_000 });
  expect(done[0]?.attempt).toBe(2);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("idle workers send one statement every two seconds, whatever the number of queues", async () => {
  const queues = Array.from({ length: 10 }, () => fixture.newQueue());
  const sent: { at: number; text: string }[] = [];
  await using jobs = fixture.jobsFor(queues, {
    onStatement: (text) => sent.push({ at: performance.now(), text }),
  });
  for (const queue of queues) jobs.work(queue, async () => undefined);
  await jobs.start();
  const looks = () => sent.filter(({ text }) => text.includes("start_after) - now()"));
  await waitFor(() => looks().length >= 3);
  const [, second, third] = looks();
  const between = sent.filter(({ at }) => at > (second?.at ?? 0) && at < (third?.at ?? 0));
  expect(between).toEqual([]);
});

test("a start with everything in place is a handful of statements", async () => {
  const queues = Array.from({ length: 10 }, () => fixture.newQueue());
  await using first = fixture.jobsFor(queues);
  await first.start();
  statements.length = 0;
  await using second = fixture.jobsFor(queues, { onStatement: (text) => statements.push(text) });
  await second.start();
  expect(statements.length).toBeLessThanOrEqual(7);
});

test("three processes that start at once, on new queues, all start", async () => {
  const queues = Array.from({ length: 3 }, () => fixture.newQueue());
  const all = Array.from({ length: 3 }, () => fixture.jobsFor(queues));
  await Promise.all(all.map((jobs) => jobs.start()));
  await Promise.all(all.map((jobs) => jobs.stop()));
  const names = queues.map((queue) => queue.name);
  const rows = await fixture.admin.query(sql`select name from queue where name = any(${names})`);
  expect(rows).toHaveLength(3);
});

test("changed options reach the stored queue; another policy is refused", async () => {
  const name = fixture.newQueue().name;
  await using first = fixture.jobsFor([defineQueue<Work>(name, { retryLimit: 1 })]);
  await first.start();
  await using second = fixture.jobsFor([defineQueue<Work>(name, { retryLimit: 9 })]);
  await second.start();
  const rows = await fixture.admin.query(sql`select retry_limit from queue where name = ${name}`);
  expect(rows).toEqual([{ retry_limit: 9 }]);
  await using third = fixture.jobsFor([defineQueue<Work>(name, { policy: "short" })]);
  await expect(third.start()).rejects.toThrow("cannot become short");
});

test("mistakes are named", async () => {
  const queue = fixture.newQueue();
  await using jobs = fixture.jobsFor([queue]);
  await expect(fixture.enqueue(jobs, queue, 1)).rejects.toThrow("not started");
  expect(() => jobs.work(fixture.newQueue(), async () => undefined)).toThrow("not among the queues");
  jobs.work(queue, async () => undefined);
  expect(() => jobs.work(queue, async () => undefined)).toThrow("has a handler already");
  await jobs.start();
  await expect(fixture.enqueue(jobs, fixture.newQueue(), 1)).rejects.toThrow("not among the queues");
  expect(() => jobs.work(queue, async () => undefined)).toThrow("before the start");
  expect(() => defineQueue("a b")).toThrow(TypeError);
});
