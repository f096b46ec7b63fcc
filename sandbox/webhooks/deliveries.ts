import type { Faults } from "../faults/faults.ts";
import { newDeliveryId } from "../ids.ts";
import type { SandboxLog } from "../log.ts";
import { Collection, type PageQuery } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import { createPoster } from "./post.ts";

/** One message to one URL. `subject` is what it tells about, e.g. a Stripe event's id. */
export interface Delivery {
  id: string;
  created: number;
  vendor: WebhookVendor;
  subject: string;
  type: string;
  url: string;
  /** What was so of the subject when the message was made, where the subject itself changes later. */
  detail?: string;
  state: "pending" | "delivered" | "failed";
  attempts: { at: number; status: number; answer: string; tookMs: number }[];
}

/**
 * Makes headers and body of a delivery; undefined when its subject is gone. Each attempt and each copy has the same
 * body, so that receivers can tell that they had it before.
 */
export type Sender = (delivery: Delivery) => { headers: Record<string, string>; body: string } | undefined;

/** What is queued: one of a vendor's webhooks, to be sent `afterMs` milliseconds from now. */
export interface WebhookMessage {
  vendor: WebhookVendor;
  subject: string;
  type: string;
  url: string;
  detail?: string;
  afterMs?: number;
}

export interface Deliveries {
  /** Queues a message; called within the write that makes its subject. */
  queue(message: WebhookMessage): void;
  /** How many messages about a subject are still to be delivered. */
  pending(of: { subject: string }): number;
  page(query: PageQuery<"subject" | "url">): { items: Delivery[]; more: boolean };
  get(id: string): Delivery | undefined;
  count(): number;
  /** Begins to send, also what an earlier process left. */
  start(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const WEBHOOK_VENDORS = ["stripe", "sendgrid", "twilio", "shippo"] as const;
export type WebhookVendor = (typeof WEBHOOK_VENDORS)[number];

const CONCURRENCY = 8;
const TIMEOUT_MS = 10_000;
/** A timer cannot be set further ahead. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Sends queued messages until they are answered with 2xx, with the pauses of `retryMs` between attempts;
 * after the last one a message has failed. The queue is in the store, so a restart loses nothing; a message
 * whose answer was on its way then is sent again.
 */
export function createDeliveries({
  store,
  log,
  now,
  retryMs,
  senders,
  faults,
}: {
  store: Store;
  log: SandboxLog;
  now: () => number;
  retryMs: readonly number[];
  senders: Record<WebhookVendor, Sender>;
  /** Decides how often and when a message is sent. */
  faults: Pick<Faults, "webhook">;
}): Deliveries {
  const deliveries = new Collection<Delivery, "subject" | "url">(store, {
    name: "webhook_delivery",
    keys: { subject: (delivery) => delivery.subject, url: (delivery) => delivery.url },
  });
  // Due times are real time: a sandbox clock that stands still must not stop deliveries.
  store.exec(`
    create table if not exists webhook_due (id text primary key, due integer not null) strict, without rowid;
    create index if not exists webhook_due_due on webhook_due (due);
  `);
  const poster = createPoster({ timeoutMs: TIMEOUT_MS, sockets: CONCURRENCY });
  let stopped = false;
  const underWay = new Map<string, Promise<void>>();
  let started = false;
  let timer: NodeJS.Timeout | undefined;
  let waking = false;

  /** After the current turn, once for all that it queued, when what they tell about is written. */
  function wakeSoon(): void {
    if (waking) return;
    waking = true;
    setImmediate(wake);
  }

  function wake(): void {
    waking = false;
    if (!started || stopped || underWay.size >= CONCURRENCY) return;
    clearTimeout(timer);
    const rows = store
      .prepare("select id, due from webhook_due order by due limit ?")
      .all(CONCURRENCY * 2 + 1);
    for (const row of rows) {
      const id = String(row["id"]);
      if (underWay.has(id)) continue;
      const wait = Number(row["due"]) - Date.now();
      if (wait > 0) {
        timer = setTimeout(wake, Math.min(wait, LONGEST_TIMER_MS));
        timer.unref();
        return;
      }
      if (underWay.size >= CONCURRENCY) return;
      underWay.set(
        id,
        deliver(id)
          .catch((err: unknown) => log.error({ err, delivery: id }, "sandbox webhook failed"))
          .finally(() => {
            underWay.delete(id);
            wakeSoon();
          }),
      );
    }
  }

  async function deliver(id: string): Promise<void> {
    // The receiver may ask for the subject at once, and must find it.
    await store.committed();
    if (stopped) return;
    const delivery = deliveries.get(id);
    const message = delivery && senders[delivery.vendor](delivery);
    if (!delivery || !message) {
      store.write(() => store.prepare("delete from webhook_due where id = ?").run(id));
      return;
    }
    const begun = performance.now();
    const { status, answer } = await poster.post({ url: delivery.url, ...message });
    if (stopped) return;
    const attempts = [
      ...delivery.attempts,
      { at: now(), status, answer, tookMs: Math.round(performance.now() - begun) },
    ];
    const ok = status >= 200 && status < 300;
    const pause = retryMs[attempts.length - 1];
    const state = ok ? "delivered" : pause === undefined ? "failed" : "pending";
    store.write(() => {
      deliveries.put({ ...delivery, attempts, state });
      if (state === "pending") {
        store.prepare("update webhook_due set due = ? where id = ?").run(Date.now() + (pause ?? 0), id);
      } else store.prepare("delete from webhook_due where id = ?").run(id);
    });
    if (!ok)
      log.warn({ url: delivery.url, type: delivery.type, status, answer, state }, "webhook was not accepted");
  }

  return {
    queue({ afterMs = 0, ...message }) {
      for (const ms of faults.webhook()) {
        const id = newDeliveryId();
        deliveries.insert({ id, created: now(), ...message, state: "pending", attempts: [] });
        store.prepare("insert into webhook_due (id, due) values (?, ?)").run(id, Date.now() + afterMs + ms);
      }
      wakeSoon();
    },
    pending: ({ subject }) =>
      deliveries.page({ where: { subject }, limit: 100 }).items.filter((item) => item.state === "pending")
        .length,
    page: (query) => deliveries.page(query),
    get: (id) => deliveries.get(id),
    count: () => deliveries.count(),
    start() {
      started = true;
      wake();
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      poster[Symbol.dispose]();
      await Promise.all(underWay.values());
    },
  };
}
