import { createHash } from "node:crypto";
import type { SendOptions, Queue as StoredQueue } from "pg-boss";

/** How a queue treats its jobs. Changes take effect at the next start, for jobs enqueued from then on. */
export interface QueueOptions {
  /** Attempts after the first; 10 when not given. Then the job is failed and copied to `deadLetter`. */
  retryLimit?: number;
  /** Seconds before the second attempt; 1 when not given. */
  retryDelay?: number;
  /** Doubles the delay at each attempt, with jitter; true when not given. */
  retryBackoff?: boolean;
  /** Longest delay between attempts, in seconds; 300 when not given. */
  retryDelayMax?: number;
  /** An attempt that takes longer, in seconds, has failed; 300 when not given. */
  expireInSeconds?: number;
  /** A worker not heard of for so long, in seconds, is taken for dead and its job tried again; 10, the least, when not given. */
  heartbeatSeconds?: number;
  /** Where jobs go that failed for good. */
  deadLetter?: Queue<never>;
  /**
   * What `singletonKey` means. Not given: a key is accepted once, for as long as its job is kept. `short`: one waiting
   * job per key; `exclusive`: one waiting or running; `singleton`: one running; `stately`: one waiting, one running.
   * Cannot be changed once the queue exists.
   */
  policy?: "short" | "exclusive" | "singleton" | "stately";
  /** Seconds that ended jobs are kept; a day when not given. */
  deleteAfterSeconds?: number;
}

/** A queue and, as a type, what its jobs carry (anything that JSON keeps: no bigint, Date or undefined). */
export interface Queue<Data extends object> {
  readonly name: string;
  readonly options: QueueOptions;
  /** Never set: it holds the type. */
  readonly data?: (data: Data) => void;
}

/**
 * A queue: `defineQueue<{ orderId: string }>("order.fulfill", { retryLimit: 100 })`.
 * @throws TypeError for a name with other characters than letters, digits and `._-`
 */
export function defineQueue<Data extends object>(name: string, options: QueueOptions = {}): Queue<Data> {
  if (!/^[\w.-]{1,60}$/.test(name)) throw new TypeError(`not a queue name: ${JSON.stringify(name)}`);
  return { name, options };
}

/** The options as pg-boss stores them, all given, so that a stored queue can be compared with its definition. */
export function storedOptions({ options }: Queue<never>): Omit<StoredQueue, "name"> {
  return {
    retryLimit: options.retryLimit ?? 10,
    retryDelay: options.retryDelay ?? 1,
    retryBackoff: options.retryBackoff ?? true,
    retryDelayMax: options.retryDelayMax ?? 300,
    expireInSeconds: expireSeconds(options),
    heartbeatSeconds: options.heartbeatSeconds ?? 10,
    ...(options.deadLetter && { deadLetter: options.deadLetter.name }),
    policy: options.policy ?? "standard",
    deleteAfterSeconds: options.deleteAfterSeconds ?? 86_400,
  };
}

/** Seconds that an attempt may take. */
export function expireSeconds(options: QueueOptions): number {
  return options.expireInSeconds ?? 300;
}

/** What may be said of a single job. */
export interface EnqueueOptions {
  /** Seconds from now, or the time, before which the job does not run. Times past: at once. */
  startAfter?: number | Date;
  /** Makes the job the only one of its key: see `QueueOptions.policy`. */
  singletonKey?: string;
  /** Higher runs first; 0 when not given. */
  priority?: number;
}

/** The options as pg-boss takes them. */
export function sendOptions(
  queue: Queue<never>,
  { startAfter, singletonKey, priority }: EnqueueOptions,
): SendOptions {
  const options: SendOptions = {};
  if (startAfter !== undefined) options.startAfter = startAfter;
  if (priority !== undefined) options.priority = priority;
  if (singletonKey !== undefined) {
    options.singletonKey = singletonKey;
    // The primary key refuses the second job, whatever became of the first.
    if (queue.options.policy === undefined) options.id = jobId(queue.name, singletonKey);
  }
  return options;
}

/** The id of the one job of a key: a UUID (version 8, RFC 9562) made from the two. */
export function jobId(queue: string, key: string): string {
  const bytes = createHash("sha256").update(`${queue}\0${key}`).digest().subarray(0, 16);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
