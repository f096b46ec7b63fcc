import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Queryable } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";
import type { OutboxEvent, OutboxRow } from "./event.ts";
import { takeLease } from "./store-lease.ts";

/** What any relay stands on. */
export interface RelayParts {
  /** Of a schema with `outboxLease`. */
  db: Queryable;
  log: Log;
  /** Who takes the events: when it answers, they are kept. It may be given the same ones again. */
  webhooks: { publishEvents(request: { events: OutboxEvent[] }): Promise<unknown> };
}

/** What the relay of one service needs besides. */
export interface RelayOptions extends RelayParts {
  /** The service's: its events' ids begin with it. */
  name: string;
  /** The first events that are not published yet, with their data as it stands now. */
  read: (limit: number) => Promise<OutboxRow[]>;
  /** Notes that rows are published. */
  done: (rows: bigint[]) => Promise<unknown>;
}

/** Publishes what a service has written down. */
export interface Relay {
  /** Publishes until nothing is left, or another process does it; how many events. */
  run(): Promise<number>;
  /** Runs again and again until disposed of. */
  start(): Disposable;
}

const batch = 200;
/** What one call may carry; well below the 4 MiB that gRPC takes. */
const maxCharacters = 1_000_000;
/** Longer than a call may take. */
const leaseSeconds = 30;
/** How often the log is looked at. */
const lookMs = 1_000;
/** How long to wait when it could not be published. */
const retryMs = 5_000;
/** Of its time a relay works one part and rests this many. */
const rests = 3;

/** A relay of one service in one process. */
export function createRelay({ name, db, log, webhooks, read, done }: RelayOptions): Relay {
  const owner = randomUUID();
  const toEvent = ({ row, eventTime, ...event }: OutboxRow): OutboxEvent => ({
    ...event,
    id: `${name}:${row}`,
    eventTime: timestampFromDate(eventTime),
  });

  const runUntil = async (signal?: AbortSignal): Promise<number> => {
    for (let count = 0; ; ) {
      const began = performance.now();
      const rows = await read(batch);
      if (rows.length === 0 || !(await takeLease(db, { owner, seconds: leaseSeconds }))) return count;
      for (const some of portions(rows)) {
        await webhooks.publishEvents({ events: some.map(toEvent) });
        await done(some.map(({ row }) => row));
      }
      count += rows.length;
      if (rows.length < batch || signal?.aborted === true) return count;
      await delay(rests * (performance.now() - began), undefined, { ref: false });
    }
  };

  return {
    run: () => runUntil(),
    start: () => {
      const stopping = new AbortController();
      const { signal } = stopping;
      const loop = async () => {
        while (!signal.aborted) {
          let pauseMs = lookMs;
          try {
            await runUntil(signal);
          } catch (err) {
            pauseMs = retryMs;
            if (!signal.aborted) log.warn({ err }, "events not published yet; the next round tries again");
          }
          await delay(pauseMs, undefined, { ref: false, signal }).catch(() => undefined);
        }
      };
      void loop();
      return { [Symbol.dispose]: () => stopping.abort() };
    },
  };
}

/** The rows in their order, as many together as one call may carry. */
function portions(rows: readonly OutboxRow[]): OutboxRow[][] {
  const all: OutboxRow[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const { length } = row.data;
    if (characters + length > maxCharacters) {
      all.push([]);
      characters = 0;
    }
    all.at(-1)?.push(row);
    characters += length;
  }
  return all;
}
