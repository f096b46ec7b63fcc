import { makeAttempt } from "./attempt.ts";
import { answerMs } from "./send.ts";
import type { WebhookParts } from "./service.ts";
import { type Claim, claimDue } from "./store-attempt.ts";

/** Attempts under way to one endpoint at a time, in one process: a slow endpoint holds up nobody but itself. */
const perEndpoint = 4;
/** An attempt not ended by then has lost its process; longer than one takes, the two transactions around it included. */
const leaseMs = answerMs + 45_000;
/** How often what is due is looked for without a hint; milliseconds. */
const lookMs = 1_000;
/** Milliseconds that attempts under way have to end when the process stops. */
const graceMs = 3_000;

/**
 * Makes the attempts that are due. The deliveries themselves are the queue, not jobs: their retries wait for up to a
 * day, each endpoint has its own share of the workers, and both the log and Replay change when one is due.
 */
export interface Dispatcher {
  /** Looks for what is due at once. */
  wake(): void;
  /** Keeps looking, until disposed of; attempts under way go on. */
  start(): Disposable;
  /** Waits a moment for the attempts under way, and hands back the others. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A dispatcher, which looks once it is woken or started. */
export function createDispatcher(
  parts: Pick<WebhookParts, "db" | "box" | "clock" | "send" | "random" | "log">,
): Dispatcher {
  const { db, clock, log } = parts;
  const running = new Map<string, number>();
  const attempts = new Set<Promise<void>>();
  const stopping = new AbortController();
  let stopped = false;
  let looking: Promise<void> | undefined;
  let again = false;

  const count = (endpointId: string, change: number) => {
    const now = (running.get(endpointId) ?? 0) + change;
    if (now === 0) running.delete(endpointId);
    else running.set(endpointId, now);
  };

  const begin = (claim: Claim) => {
    const { id } = claim.endpoint;
    count(id, 1);
    const attempt = makeAttempt(parts, claim, stopping.signal)
      // Its lease ends, and it is made again.
      .catch((err: unknown) =>
        log.error({ err, delivery_id: claim.deliveryId }, "webhook attempt not recorded"),
      )
      .finally(() => {
        count(id, -1);
        attempts.delete(attempt);
        wake();
      });
    attempts.add(attempt);
  };

  const look = async () => {
    try {
      do {
        again = false;
        const now = clock();
        const leaseUntil = new Date(now.getTime() + leaseMs);
        const claims = await claimDue(db, { running, perEndpoint, leaseUntil, now });
        for (const claim of claims) begin(claim);
      } while (again && !stopped);
    } catch (err) {
      log.warn({ err }, "could not look for due webhook deliveries; the next look tries again");
    }
    looking = undefined;
  };

  function wake(): void {
    if (stopped) return;
    again = true;
    looking ??= look();
  }

  const stop = () => {
    stopped = true;
  };

  return {
    wake,
    start: () => {
      const timer = setInterval(wake, lookMs).unref();
      return {
        [Symbol.dispose]: () => {
          clearInterval(timer);
          stop();
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      stop();
      await looking;
      const timer = setTimeout(() => stopping.abort(new Error("the process stops")), graceMs);
      await Promise.all(attempts);
      clearTimeout(timer);
    },
  };
}
