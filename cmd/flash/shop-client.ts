import { setTimeout as delay } from "node:timers/promises";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import type { Measurements } from "./measurements.ts";
import type { Random } from "./random.ts";

/** A call of a buyer or of the staff. */
export interface ShopCall {
  /** What it is counted as. */
  step: string;
  method: string;
  path: string;
  body?: unknown;
  /** Idempotency key: with it, and for what only reads, a call may be repeated. */
  key?: string;
}

/** What came of a call, however often it had to be made. */
export interface ShopAnswer extends HttpAnswer {
  /** The reason of an error; empty for a success. */
  reason: string;
}

/** Somebody who calls the shop until it answers. */
export interface ShopClient {
  /** Rejects with GaveUp when there is no answer in time. */
  call(call: ShopCall): Promise<ShopAnswer>;
  /** Makes the same call twice at once; both answers, which should be one. */
  callTwice(call: ShopCall): Promise<[ShopAnswer, ShopAnswer]>;
  /** Whether a call broke off, so that its effect had to be found out by repeating it. */
  readonly interrupted: boolean;
}

/** The shop did not answer a call, however often it was repeated. */
export class GaveUp extends Error {
  override readonly name = "GaveUp";
}

/** A dead checkout's lease lasts a minute. */
const patienceMs = 150_000;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** Refusals that say "not now": the same call will be answered later. */
const passing = new Set(["CHECKOUT_IN_PROGRESS", "PAYMENT_IN_PROGRESS", "CART_BUSY", "REQUEST_IN_PROGRESS"]);

/** A client that repeats what broke off or was answered 429 or 5xx, with the same key, ever more slowly. */
export function createShopClient({
  http,
  headers,
  random,
  measurements,
  signal,
}: {
  http: HttpClient;
  headers: Readonly<Record<string, string>>;
  random: Random;
  measurements: Measurements;
  signal: AbortSignal;
}): ShopClient {
  let interrupted = false;

  async function call({ step, method, path, body, key }: ShopCall): Promise<ShopAnswer> {
    const begin = performance.now();
    const allHeaders = key === undefined ? headers : { ...headers, "idempotency-key": key };
    let last = "";
    for (let attempt = 0; performance.now() - begin < patienceMs; attempt++) {
      signal.throwIfAborted();
      if (attempt > 0) {
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt) * (0.5 + random.next());
        await delay(pause, undefined, { signal });
      }
      const sent = performance.now();
      let answer: HttpAnswer;
      try {
        answer = await http.send({ method, path, headers: allHeaders, body });
      } catch (err) {
        last = (err as NodeJS.ErrnoException).code ?? (err as Error).message;
        measurements.broken(step, last);
        // A refused connection had no effect that a repetition could double.
        if (last !== "ECONNREFUSED") mayRepeatAnEffect();
        continue;
      }
      measurements.answered({ step, ms: performance.now() - sent, status: answer.status });
      const reason = answer.status === 200 ? "" : reasonOf(answer);
      if (answer.status < 500 && answer.status !== 429 && !passing.has(reason)) return { ...answer, reason };
      last = `${answer.status} ${reason}`;
      if (answer.status >= 500) {
        measurements.broken(step, last);
        mayRepeatAnEffect();
      }
    }
    throw new GaveUp(`${step}: no answer in ${patienceMs / 1000} s, the last was ${last}`);
  }

  function mayRepeatAnEffect(): void {
    interrupted = true;
    measurements.repeated();
  }

  return {
    call,
    callTwice: async (twin) => {
      measurements.repeated();
      return Promise.all([call(twin), call(twin)]);
    },
    get interrupted() {
      return interrupted;
    },
  };
}

function reasonOf({ status, body }: HttpAnswer): string {
  const details: { reason?: string }[] = body?.error?.details ?? [];
  return details.find(({ reason }) => reason !== undefined)?.reason ?? body?.error?.status ?? String(status);
}
