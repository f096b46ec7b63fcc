import { WebhookEvent_State } from "../../gen/rowlock/type/v1/webhook_pb.js";
import { createBatcher } from "../batch.ts";
import type { Clock } from "../clock.ts";
import type { Db, Tx } from "../db/index.ts";
import { newId } from "../ids/ids.ts";
import { defineQueue, type Job, JobRejected, type Jobs, type Queue } from "../jobs/index.ts";
import { decodePageToken, pageSizeOf, paginate } from "../paging/paging.ts";
import type { Log } from "../telemetry/log.ts";
import { type IncomingEvent, type StoredEvent, type WebhookEvent, type WebhookState } from "./event.ts";
import { failWebhook } from "./reasons.ts";
import {
  beginAttempt,
  buryStuckEvents,
  deleteApplied,
  endAttempt,
  type IncomingOnce,
  listEvents,
  reopenEvent,
  storeEvents,
} from "./store-event.ts";

/** What a job of the inbox carries. */
export interface WebhookWork {
  eventId: string;
}

/** Attempts after the first. With the pauses between them they take some 40 minutes. */
const retryLimit = 14;

/** The queue that applies the inbox of a service: `defineWebhookQueue("payment")` is `payment.webhook`. */
export function defineWebhookQueue(area: string): Queue<WebhookWork> {
  return defineQueue<WebhookWork>(`${area}.webhook`, {
    retryLimit,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 300,
    expireInSeconds: 60,
  });
}

/** What an inbox stands on. */
export interface InboxDeps {
  /** Of a schema with `webhookTable`. */
  db: Db;
  jobs: Pick<Jobs, "enqueue" | "enqueueAll">;
  queue: Queue<WebhookWork>;
  clock: Clock;
  log: Log;
  /**
   * Brings the service in line with what the event is about, by asking the vendor for its present state. Runs outside
   * any transaction, at least once per event and in no order, so it must be safe to repeat. A throw is tried again
   * later; JobRejected is not.
   */
  apply: (event: StoredEvent, signal: AbortSignal) => Promise<void>;
  /**
   * Takes over what needs no vendor to be asked, in the transaction that stores the events, and returns those of them
   * that need nothing more: they are stored as applied, without a job. Events may be repetitions.
   */
  settle?: (tx: Tx, events: readonly IncomingEvent[]) => Promise<ReadonlySet<IncomingEvent>>;
}

/** The webhooks of one service: stored before they are acknowledged, once each, then applied by a job. */
export interface Inbox {
  /**
   * Stores the events and enqueues a job for each new one that `settle` has left over, in one transaction for all
   * calls of a moment. When it returns, they may be acknowledged. An event that was stored before is counted and
   * changes nothing.
   *
   * @throws WEBHOOK_MALFORMED when an event has no id or type, or one that no vendor gives; OVERLOADED.
   */
  receive(events: readonly IncomingEvent[]): Promise<void>;
  /** The queue's handler. */
  work(job: Pick<Job<WebhookWork>, "data" | "attempt" | "signal">): Promise<void>;
  /** @throws PAGE_TOKEN_INVALID. */
  list(request: {
    pageSize: number;
    pageToken: string;
    state: WebhookEvent_State;
    subject: string;
  }): Promise<{ events: WebhookEvent[]; nextPageToken: string }>;
  /**
   * Has an event applied once more, whatever its state, with a fresh set of attempts.
   *
   * @throws WEBHOOK_EVENT_NOT_FOUND.
   */
  replay(tx: Tx, id: string): Promise<WebhookEvent>;
  /** Deletes events applied 30 days ago; gives up those whose process died in the last attempt. How many. */
  sweep(): Promise<number>;
}

const keptMs = 30 * 86_400_000;
/** Longer than all attempts of an event take. */
const stuckMs = 6 * 3_600_000;
const sweepLimit = 1_000;
/** Calls whose events are stored in one transaction. */
const maxBatch = 128;
/** Characters of an error that are kept. */
const errorLength = 500;

/** An inbox on the service's own schema. */
export function createInbox({ db, jobs, queue, clock, log, apply, settle }: InboxDeps): Inbox {
  async function store(calls: readonly (readonly IncomingEvent[])[]): Promise<void[]> {
    const events = merge(calls.flat());
    await db.transaction(async (tx) => {
      const settled = await settle?.(tx, events);
      const open = await storeEvents(tx, {
        events: events.map((event) => ({ ...event, applied: settled?.has(event) ?? false })),
        now: clock(),
      });
      const work = open.map((eventId) => ({ data: { eventId } }));
      if (work.length > 0) await jobs.enqueueAll(tx, queue, work);
    });
    return calls.map(() => undefined);
  }
  const storeTogether = createBatcher({ run: store, maxItems: maxBatch });

  return {
    async receive(incoming) {
      incoming.forEach(checkEvent);
      if (incoming.length > 0) await storeTogether(incoming);
    },

    async work({ data, attempt, signal }) {
      const event = await beginAttempt(db, { id: data.eventId, now: clock() });
      // Applied already, given up, or deleted.
      if (event === undefined) return;
      const { id, attempts } = event;
      try {
        await apply(event, signal);
      } catch (err) {
        const last = err instanceof JobRejected || attempt > retryLimit;
        const error = (err instanceof Error ? err.message : String(err)).slice(0, errorLength) || "failed";
        await endAttempt(db, { id, attempts, state: last ? "DEAD" : "RECEIVED", error, now: clock() });
        throw err;
      }
      await endAttempt(db, { id, attempts, state: "APPLIED", error: "", now: clock() });
    },

    async list({ pageSize: requested, pageToken, state: wanted, subject }) {
      const state =
        wanted === WebhookEvent_State.UNSPECIFIED ? undefined : (WebhookEvent_State[wanted] as WebhookState);
      const filter = ["webhook_events", queue.name, state, subject];
      const [below] = decodePageToken({ token: pageToken, filter, like: ["text"] }) ?? [];
      const pageSize = pageSizeOf(requested);
      const rows = await listEvents(db, { below, limit: pageSize, state, subject });
      const { page, nextPageToken } = paginate({ rows, pageSize, filter, cursorOf: (row) => [row.id] });
      return { events: [...page], nextPageToken };
    },

    async replay(tx, id) {
      const event = await reopenEvent(tx, { id, now: clock() });
      if (event === undefined) throw failWebhook("WEBHOOK_EVENT_NOT_FOUND", { event_id: id });
      await jobs.enqueue(tx, queue, { eventId: id });
      return event;
    },

    async sweep() {
      const now = clock();
      const before = (ms: number) => new Date(now.getTime() - ms);
      const error = "the process died while the event was applied";
      const buried = await buryStuckEvents(db, { before: before(stuckMs), error, now });
      for (const id of buried) log.error({ event_id: id }, "webhook event given up: replay it");
      return buried.length + (await deleteApplied(db, { before: before(keptMs), limit: sweepLimit }));
    },
  };
}

/** One entry per provider and id, with how often it came. */
function merge(incoming: readonly IncomingEvent[]): IncomingOnce[] {
  const events = new Map<string, IncomingOnce>();
  for (const event of incoming) {
    const key = `${event.provider} ${event.providerEventId}`;
    const same = events.get(key);
    if (same === undefined) events.set(key, { ...event, id: newId("whe"), deliveries: 1 });
    else same.deliveries += 1;
  }
  return [...events.values()];
}

/** Refuses what Postgres would not store, or no index would hold. */
function checkEvent(event: IncomingEvent): void {
  const longest = 255;
  for (const field of ["providerEventId", "type", "subject"] as const) {
    const { provider, [field]: text } = event;
    const description =
      typeof text !== "string" || (text === "" && field !== "subject")
        ? `it has no ${field}`
        : text.length > longest || text.includes("\0") || !text.isWellFormed()
          ? `its ${field} cannot be one`
          : undefined;
    if (description !== undefined) throw failWebhook("WEBHOOK_MALFORMED", { provider, description });
  }
}
