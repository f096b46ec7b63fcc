import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "../clock.ts";
import type { Db, Queryable } from "../db/index.ts";
import { reasonOf } from "../errors/reasons.ts";
import { fail, fingerprintOf, type KeyedCall, methodName } from "./idempotency.ts";
import { claim, findKey, free, giveUp, type Key, type Lease, renew, storeAnswer } from "./store-claim.ts";

/** How long an attempt that says nothing counts as alive. Short: whoever retries after a crash waits for it. */
export const leaseMs = 6_000;
/** How often a live attempt says so: two may be lost. */
const renewMs = 2_000;
/** An effect that has not ended by then counts as dead: no call may take this long. */
const longestEffectMs = 60_000;
/** A waiting duplicate looks at first, and at last, this often. */
const firstPauseMs = 5;
const longestPauseMs = 200;

/** What an effect may know of its key, and do with it. */
export interface Attempt<O extends DescMessage> {
  /** Another attempt began before and did not end: what it wrote may be there. */
  readonly resumed: boolean;
  /**
   * Stores the answer in the effect's last transaction, so that both are there or none; the effect is to return
   * what this returns. It also keeps an attempt that was taken for dead from committing beside its successor.
   */
  readonly record: (tx: Queryable, response: MessageInitShape<O>) => Promise<MessageShape<O>>;
}

/** The attempt lost its key to another one. Thrown inside its transaction, so that this rolls back. */
class TakenOver extends Error {
  override readonly name = "TakenOver";
}

/**
 * Runs an effect that spans network calls or several transactions once per caller and key, and answers every
 * repetition, in whatever process, with the first answer.
 *
 * The key goes in first, with a lease that is renewed while the effect runs. A duplicate waits for the answer,
 * until its own `signal` aborts. When the lease is over the first attempt has died, and the duplicate runs the
 * effect again: an effect must be repeatable, going on where another attempt stopped (ids that are found again,
 * keys for the providers). A typed refusal is not kept: the key is free again. After any other failure, which may
 * have left something behind, only the same request can go on with the key.
 *
 * Without a key the effect simply runs. The schema needs `idempotencyTable` and `idempotencyLease`.
 *
 * @throws REQUEST_ID_REUSED when the key was used with another request, also while that one is being worked on;
 *   the signal's reason (DEADLINE_EXCEEDED, CANCELLED) when it aborts while waiting; what the effect throws.
 */
export async function keyed<I extends DescMessage, O extends DescMessage>(
  call: KeyedCall<I, O> & { db: Db; clock: Clock; signal: AbortSignal },
  effect: (attempt: Attempt<O>) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const { db, clock, signal, method } = call;
  const { output } = method;
  if (call.key === "") {
    const record = async (_: Queryable, response: MessageInitShape<O>) => create(output, response);
    return create(output, await effect({ resumed: false, record }));
  }
  const fingerprint = fingerprintOf(method.input, call.request);
  const key: Key = { method: methodName(method), caller: call.caller, key: call.key, fingerprint };
  for (;;) {
    signal.throwIfAborted();
    const lease: Lease = { key, owner: randomUUID() };
    const attempts = await claim(db, lease, until(clock));
    if (attempts === undefined) {
      const response = await waitForAnswer(call, key);
      if (response !== undefined) return fromBinary(output, response);
    } else {
      const response = await attempt({ db, clock, lease, output, resumed: attempts > 1 }, effect);
      if (response !== undefined) return response;
    }
  }
}

/** Runs the effect under its lease; undefined when another attempt took over, whose answer then counts. */
async function attempt<O extends DescMessage>(
  { db, clock, lease, output, resumed }: { db: Db; clock: Clock; lease: Lease; output: O; resumed: boolean },
  effect: (attempt: Attempt<O>) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O> | undefined> {
  using _renewal = renewing({ db, clock, lease });
  let recorded: MessageShape<O> | undefined;
  const record = async (tx: Queryable, init: MessageInitShape<O>) => {
    const response = create(output, init);
    if (!(await storeAnswer(tx, lease, toBinary(output, response)))) throw new TakenOver();
    recorded = response;
    return response;
  };
  try {
    const response = create(output, await effect({ resumed, record }));
    if (response === recorded) return response;
    return (await storeAnswer(db, lease, toBinary(output, response))) ? response : undefined;
  } catch (err) {
    if (err instanceof TakenOver) return undefined;
    // Without a database the lease ends by itself; what matters to the caller is the effect's own failure.
    await (isRefusal(err) ? free(db, lease) : giveUp(db, lease, clock())).catch(() => undefined);
    throw err;
  }
}

/** The answer of the attempt that has the key; undefined when the key can be claimed. */
async function waitForAnswer(
  { db, clock, signal, key: requestId }: { db: Db; clock: Clock; signal: AbortSignal; key: string },
  key: Key,
): Promise<Uint8Array | undefined> {
  for (let pause = firstPauseMs; ; pause = Math.min(2 * pause, longestPauseMs)) {
    const found = await findKey(db, key);
    if (found === undefined) return undefined;
    if (Buffer.compare(found.fingerprint, key.fingerprint) !== 0) {
      throw fail("REQUEST_ID_REUSED", { request_id: requestId });
    }
    if (found.response !== null) return found.response;
    if (found.leaseUntil <= clock()) return undefined;
    // At random, so that many who wait do not ask all at once.
    await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    );
  }
}

/** Renews the lease until disposed of, or the effect has taken longer than any call may. */
function renewing({ db, clock, lease }: { db: Db; clock: Clock; lease: Lease }): Disposable {
  let left = longestEffectMs / renewMs;
  const timer = setInterval(() => {
    if (--left === 0) clearInterval(timer);
    renew(db, lease, until(clock).leaseUntil).catch(() => undefined);
  }, renewMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function until(clock: Clock): { now: Date; leaseUntil: Date } {
  const now = clock();
  return { now, leaseUntil: new Date(now.getTime() + leaseMs) };
}

/** After these nobody knows what was done. */
const outcomeUnknown: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.Unavailable,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss,
]);

/** Whether an error is one of a catalogue that says no: nothing was changed. */
function isRefusal(err: unknown): boolean {
  return err instanceof ConnectError && reasonOf(err) !== undefined && !outcomeUnknown.has(err.code);
}
