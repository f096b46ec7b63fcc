import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import { type Schema, sql } from "../db/index.ts";
import { reasonOf } from "../errors/reasons.ts";
import { createJobs, JobRejected } from "../jobs/index.ts";
import { jobsSchema } from "../jobs/schema.ts";
import { createLog } from "../telemetry/log.ts";
import { type TestDatabase, testDatabase } from "../testing/postgres.ts";
import { waitFor } from "../testing/wait-for.ts";
import {
  createInbox,
  defineWebhookQueue,
  type Inbox,
  type IncomingEvent,
  toWebhookEventMessage,
} from "./index.ts";
import { webhookTable } from "./table.ts";

const shop: Schema = { name: "shop", migrations: [{ name: "0001-webhook", up: webhookTable }] };
const log = createLog({ level: "silent" });
const queue = defineWebhookQueue("shop");
const none = { state: WebhookEvent_State.UNSPECIFIED, subject: "", pageSize: 0, pageToken: "" };
const day = 86_400_000;

let database: TestDatabase;
let now: Date;
beforeAll(async () => {
  database = await testDatabase([shop, jobsSchema]);
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  now = new Date("2026-01-01T00:00:00Z");
  await database.db.execute(sql`delete from webhook_event`);
});

const incoming = (providerEventId: string, more: Partial<IncomingEvent> = {}): IncomingEvent => ({
  provider: "stripe",
  providerEventId,
  type: "payment_intent.succeeded",
  subject: "pi_1",
  payload: { id: providerEventId, nul: "\0" },
  ...more,
});

/** An inbox whose jobs are noted, to be worked by hand. */
function inboxWith(apply: Parameters<typeof createInbox>[0]["apply"] = async () => undefined) {
  const enqueued: string[] = [];
  const inbox = createInbox({
    db: database.db,
    queue,
    clock: () => now,
    log,
    apply,
    jobs: {
      async enqueue(_tx, _queue, data) {
        enqueued.push((data as { eventId: string }).eventId);
        return "job";
      },
      async enqueueAll(_tx, _queue, jobs) {
        for (const { data } of jobs) enqueued.push((data as { eventId: string }).eventId);
        return jobs.length;
      },
    },
  });
  const attempt = (number = 1, eventId = enqueued[0] ?? "") =>
    inbox.work({ data: { eventId }, attempt: number, signal: new AbortController().signal });
  return { inbox, enqueued, attempt };
}
const only = async (inbox: Inbox) => (await inbox.list(none)).events[0];

test("twenty deliveries of an event at once are one event, applied once, by its job", async () => {
  await using jobs = createJobs({ url: database.url, queues: [queue], schemas: ["shop"], log });
  const applied: unknown[] = [];
  const apply = async (event: IncomingEvent) => void applied.push(event.payload);
  const inbox = createInbox({ db: database.db, jobs, queue, clock: () => now, log, apply });
  jobs.work(queue, (job) => inbox.work(job));
  await jobs.start();
  await Promise.all(Array.from({ length: 20 }, () => inbox.receive([incoming("evt_1")])));
  await inbox.receive([incoming("evt_2"), incoming("evt_2")]);
  await waitFor(async () => (await inbox.list(none)).events.every((event) => event.state === "APPLIED"));
  expect(applied).toEqual([incoming("evt_1").payload, incoming("evt_2").payload]);
  expect((await inbox.list(none)).events).toMatchObject([
    { providerEventId: "evt_2", deliveries: 2, attempts: 1 },
    { providerEventId: "evt_1", deliveries: 20, attempts: 1, error: "", applyTime: now },
  ]);
  const jobsMade = await database.open("jobs").query(sql`select id from job where name = ${queue.name}`);
  expect(jobsMade).toHaveLength(2);
});

test("what is settled when it is stored is applied, and needs no job", async () => {
  const jobs: unknown[] = [];
  const inbox = createInbox({
    db: database.db,
    queue,
    clock: () => now,
    log,
    apply: () => Promise.reject(new Error("not to be called")),
    settle: async (_tx, events) => new Set(events.filter((event) => event.subject === "known")),
    jobs: { enqueue: async () => "job", enqueueAll: async (_tx, _queue, given) => jobs.push(...given) },
  });
  await Promise.all([
    inbox.receive([incoming("evt_1", { subject: "known" }), incoming("evt_2")]),
    inbox.receive([incoming("evt_1", { subject: "known" })]),
  ]);
  const { events } = await inbox.list(none);
  expect(events).toMatchObject([
    { providerEventId: "evt_2", state: "RECEIVED", applyTime: null },
    { providerEventId: "evt_1", state: "APPLIED", attempts: 0, deliveries: 2, applyTime: now },
  ]);
  expect(jobs).toEqual([{ data: { eventId: events[0]?.id } }]);
});

test("many calls at once are few transactions, and a malformed one fails alone", async () => {
  const { inbox } = inboxWith();
  const settled: number[] = [];
  const counted = createInbox({
    db: database.db,
    queue,
    clock: () => now,
    log,
    apply: async () => undefined,
    settle: async (_tx, events) => {
      settled.push(events.length);
      return new Set(events);
    },
    jobs: { enqueue: async () => "job", enqueueAll: async (_tx, _queue, jobs) => jobs.length },
  });
  const calls = Array.from({ length: 40 }, (_, i) => counted.receive([incoming(`evt_${i}`)]));
  const malformed = counted.receive([incoming("")]);
  expect(reasonOf(await malformed.catch((err: unknown) => err))).toBe("WEBHOOK_MALFORMED");
  await Promise.all(calls);
  expect((await inbox.list(none)).events).toHaveLength(40);
  expect(settled).toEqual([1, 39]);
});

test("events of different vendors may have the same id", async () => {
  const { inbox, enqueued } = inboxWith();
  await inbox.receive([incoming("1"), incoming("1", { provider: "twilio" })]);
  expect(enqueued).toHaveLength(2);
});

test("an event whose job cannot be enqueued is not stored either", async () => {
  const { inbox } = inboxWith();
  const failing = createInbox({
    db: database.db,
    queue,
    clock: () => now,
    log,
    apply: async () => undefined,
    jobs: {
      enqueue: () => Promise.reject(new Error("no")),
      enqueueAll: () => Promise.reject(new Error("no")),
    },
  });
  await expect(failing.receive([incoming("evt_1")])).rejects.toThrow("no");
  expect(await only(inbox)).toBeUndefined();
});

test("a process that dies between applying and its mark: the event is applied again", async () => {
  let applied = 0;
  const dead = Promise.withResolvers<void>();
  const { inbox, attempt, enqueued } = inboxWith(() => (++applied === 1 ? dead.promise : Promise.resolve()));
  await inbox.receive([incoming("evt_1")]);
  const lost = attempt(1);
  await waitFor(() => applied === 1);
  await attempt(2);
  expect(await only(inbox)).toMatchObject({ state: "APPLIED", attempts: 2 });
  // The one that was taken for dead ends after all: what the later one has set stands.
  dead.reject(new Error("late"));
  await expect(lost).rejects.toThrow("late");
  expect(await only(inbox)).toMatchObject({ state: "APPLIED", error: "" });
  await attempt(3, enqueued[0]);
  expect(applied).toBe(2);
});

test("a failure is kept and thrown; after the last attempt the event is dead, and a replay brings it back", async () => {
  let broken = true;
  const { inbox, attempt, enqueued } = inboxWith(async () => {
    if (broken) throw new Error("vendor away");
  });
  await inbox.receive([incoming("evt_1")]);
  await expect(attempt(1)).rejects.toThrow("vendor away");
  expect(await only(inbox)).toMatchObject({ state: "RECEIVED", attempts: 1, error: "vendor away" });
  await expect(attempt(15)).rejects.toThrow("vendor away");
  const event = await only(inbox);
  expect(event).toMatchObject({ state: "DEAD", attempts: 2, error: "vendor away" });
  broken = false;
  await attempt(16);
  expect(await only(inbox)).toMatchObject({ state: "DEAD" });

  const replayed = await database.db.transaction((tx) => inbox.replay(tx, event?.id ?? ""));
  expect(replayed).toMatchObject({ state: "RECEIVED", attempts: 0, error: "" });
  expect(enqueued).toEqual([event?.id, event?.id]);
  await attempt(1);
  expect(await only(inbox)).toMatchObject({ state: "APPLIED", attempts: 1, applyTime: now });
});

test("what no repetition can help is dead at once", async () => {
  const { inbox, attempt } = inboxWith(async () => {
    throw new JobRejected("never");
  });
  await inbox.receive([incoming("evt_1")]);
  await expect(attempt(1)).rejects.toThrow("never");
  expect(await only(inbox)).toMatchObject({ state: "DEAD", error: "never" });
});

test("a replay of what does not exist is WEBHOOK_EVENT_NOT_FOUND", async () => {
  const { inbox } = inboxWith();
  const replay = database.db.transaction((tx) => inbox.replay(tx, "whe_0"));
  expect(reasonOf(await replay.catch((err: unknown) => err))).toBe("WEBHOOK_EVENT_NOT_FOUND");
});

test("the sweep deletes what was applied 30 days ago and gives up what nobody works on", async () => {
  const { inbox, attempt, enqueued } = inboxWith();
  await inbox.receive([incoming("done"), incoming("stuck")]);
  await attempt(1, enqueued[0]);
  expect(await inbox.sweep()).toBe(0);
  now = new Date(now.getTime() + 7 * 3_600_000);
  expect(await inbox.sweep()).toBe(1);
  expect((await inbox.list({ ...none, state: WebhookEvent_State.DEAD })).events).toHaveLength(1);
  now = new Date(now.getTime() + 30 * day);
  expect(await inbox.sweep()).toBe(1);
  expect((await inbox.list(none)).events).toMatchObject([{ state: "DEAD" }]);
});

test("the list is paged, the newest first, by state and subject", async () => {
  const { inbox, attempt, enqueued } = inboxWith();
  await inbox.receive(["a", "b", "c"].map((id) => incoming(id, { subject: `pi_${id}` })));
  await attempt(1, enqueued[1]);
  const first = await inbox.list({ ...none, pageSize: 2 });
  const rest = await inbox.list({ ...none, pageSize: 2, pageToken: first.nextPageToken });
  const ids = [...first.events, ...rest.events].map((event) => event.id);
  expect(ids).toEqual([...enqueued].sort().reverse());
  expect((await inbox.list({ ...none, state: WebhookEvent_State.APPLIED })).events).toHaveLength(1);
  expect((await inbox.list({ ...none, subject: "pi_c" })).events).toMatchObject([{ providerEventId: "c" }]);
  const other = inbox.list({ ...none, subject: "pi_c", pageToken: first.nextPageToken });
  expect(reasonOf(await other.catch((err: unknown) => err))).toBe("PAGE_TOKEN_INVALID");
});

test("an event as a message", async () => {
  const { inbox, attempt } = inboxWith();
  await inbox.receive([incoming("evt_1")]);
  await attempt(1);
  const event = await only(inbox);
  if (event === undefined) throw new Error("no event");
  expect(toWebhookEventMessage(event)).toMatchObject({
    id: expect.stringMatching(/^whe_/) as string,
    provider: "stripe",
    providerEventId: "evt_1",
    type: "payment_intent.succeeded",
    subject: "pi_1",
    state: WebhookEvent_State.APPLIED,
    receiveTime: { seconds: BigInt(now.getTime() / 1000) },
    applyTime: { seconds: BigInt(now.getTime() / 1000) },
  });
});

test.each<[string, Partial<IncomingEvent>]>([
  ["no id", { providerEventId: "" }],
  ["an id that is no text", { providerEventId: 7 as unknown as string }],
  ["an id that Postgres cannot store", { providerEventId: "a\0" }],
  ["half a character", { type: "\ud800" }],
  ["a subject that is too long", { subject: "x".repeat(256) }],
])("an event with %s is WEBHOOK_MALFORMED, and none of its call is stored", async (_what, wrong) => {
  const { inbox } = inboxWith();
  const received = inbox.receive([incoming("good"), incoming("bad", wrong)]);
  expect(reasonOf(await received.catch((err: unknown) => err))).toBe("WEBHOOK_MALFORMED");
  expect(await only(inbox)).toBeUndefined();
});
