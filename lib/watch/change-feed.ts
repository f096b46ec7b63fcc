import { randomBytes } from "node:crypto";
import { type Db, Listener } from "../db/index.ts";
import type { Log } from "../telemetry/log.ts";
import { Announcer, listenerName, muteMs } from "./announcer.ts";
import { decodePayload } from "./payload.ts";

/** Hears of changes. Neither call may throw. */
export interface Subscriber {
  /** These have changed; without ids, anything may have. A hint: what it is about is to be read. */
  changed(ids?: readonly string[]): void;
  /** Nothing more will be told, because the process stops. */
  closed(): void;
}

/** Says which things have changed, to all who subscribe. */
export interface ChangeFeed {
  /** Tells of changes that are committed. Returns at once; costs next to nothing while nobody subscribes. */
  tell(ids: readonly string[]): void;
  /** Disposing of the answer ends it. */
  subscribe(subscriber: Subscriber): Disposable;
}

/** A feed over processes, to be closed in two steps. */
export interface SharedChangeFeed extends ChangeFeed {
  /** Tells subscribers that it is over, and new ones at once. What changes is still told to other processes. */
  stop(): void;
  /** Sends what is waiting, and closes the connection. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Tells within this process, at once. */
export class LocalFeed implements ChangeFeed {
  readonly #subscribers = new Set<Subscriber>();
  #stopped = false;

  get size(): number {
    return this.#subscribers.size;
  }

  tell(ids: readonly string[]): void {
    for (const subscriber of this.#subscribers) subscriber.changed(ids);
  }

  tellAnything(): void {
    for (const subscriber of this.#subscribers) subscriber.changed();
  }

  subscribe(subscriber: Subscriber): Disposable {
    if (this.#stopped) subscriber.closed();
    else this.#subscribers.add(subscriber);
    return { [Symbol.dispose]: () => void this.#subscribers.delete(subscriber) };
  }

  stop(): void {
    this.#stopped = true;
    for (const subscriber of this.#subscribers) subscriber.closed();
    this.#subscribers.clear();
  }
}

/** Until when a process that found nobody listening may still be mute; milliseconds from a connection on. */
const unheardMs = muteMs + 250;

/**
 * Tells all processes that use the same channel of the same database, by Postgres' NOTIFY: subscribers of this process
 * at once, the others some 50 ms later. What is told may be lost (a process dies between commit and notification, the
 * connection breaks), so subscribers look by themselves now and then; after each reconnection they hear that anything
 * may have changed.
 *
 * Commits that notify queue up behind one lock of the whole server until they are on disk, so no transaction of the
 * shop does: one statement of its own tells what all transactions of 50 ms have changed.
 *
 * The connection that listens is opened with the first subscriber, and closed after the last. A process that finds no
 * other listening sends nothing and asks again after a second at the earliest; so that who begins to listen misses
 * nothing meanwhile, its subscribers hear a second time, a little later, that anything may have changed.
 */
export function createChangeFeed({
  db,
  url,
  channel,
  log,
}: {
  /** What the notifications are sent through. */
  db: Pick<Db, "query">;
  /** What the listening connection is opened to: the same database, not through a pooler. */
  url: string;
  /** Channels belong to the whole database: name the service. */
  channel: string;
  log: Log;
}): SharedChangeFeed {
  const local = new LocalFeed();
  const origin = randomBytes(6).toString("base64url");
  const announcer = new Announcer({ db, channel, origin, log });
  let listener: Listener | undefined;
  let again: NodeJS.Timeout | undefined;

  const listen = () => {
    const opened = new Listener({
      url,
      channel,
      name: listenerName({ channel, origin }),
      log,
      onConnect: () => {
        local.tellAnything();
        clearTimeout(again);
        again = setTimeout(() => local.tellAnything(), unheardMs).unref();
      },
      onPayload: (payload) => {
        const told = decodePayload(payload);
        if (told?.origin === origin) return;
        if (told?.ids === undefined) local.tellAnything();
        else local.tell(told.ids);
      },
    });
    void opened.open();
    return opened;
  };

  const stopListening = async () => {
    clearTimeout(again);
    const closing = listener;
    listener = undefined;
    await closing?.close();
  };

  return {
    tell: (ids) => {
      if (ids.length === 0) return;
      local.tell(ids);
      announcer.announce(ids);
    },
    subscribe: (subscriber) => {
      const subscription = local.subscribe(subscriber);
      if (local.size > 0) listener ??= listen();
      return {
        [Symbol.dispose]: () => {
          subscription[Symbol.dispose]();
          if (local.size === 0) void stopListening();
        },
      };
    },
    stop: () => local.stop(),
    [Symbol.asyncDispose]: async () => {
      local.stop();
      await Promise.all([announcer.close(), stopListening()]);
    },
  };
}
