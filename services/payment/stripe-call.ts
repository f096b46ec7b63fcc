/** What all calls to Stripe share: their time, and what becomes of their failures. */
import type { ConnectError } from "@connectrpc/connect";
import Stripe from "stripe";
import { fail } from "./reasons.ts";

/** Runs a call to Stripe in its time, unless Stripe is away. */
export type InTime = <T>(call: () => Promise<T>) => Promise<T>;

/** An answer, if it is one of Stripe's: each says what kind of object it is. A host that took Stripe's place does not. */
export function stripes<T>(answer: T): T {
  if (typeof (answer as { object?: unknown } | null)?.object === "string") return answer;
  throw new Error("the answer is none of Stripe's");
}

/** What a call that came to nothing is to callers. */
export function unavailable(err: unknown): ConnectError {
  if (isMisconfiguration(err)) {
    return fail("PROVIDER_MISCONFIGURED", {}, { cause: err });
  }
  return fail("PROVIDER_UNAVAILABLE", {}, { cause: err });
}

function isMisconfiguration(err: unknown): boolean {
  return (
    err instanceof Stripe.errors.StripeAuthenticationError ||
    err instanceof Stripe.errors.StripePermissionError ||
    err instanceof Stripe.errors.StripeIdempotencyError
  );
}

/** Whether Stripe did not answer, or with a fault of its own; a call too many (429) is no outage. */
export function isOutage(err: unknown): boolean {
  const isAnswer =
    err instanceof Stripe.errors.StripeCardError ||
    err instanceof Stripe.errors.StripeInvalidRequestError ||
    err instanceof Stripe.errors.StripeRateLimitError ||
    isMisconfiguration(err);
  return !isAnswer;
}

/** Under how many keys a call is made. */
const keysTried = 3;

/**
 * Makes a call that has its effect once. Stripe keeps the first answer to a key for a day, also when that is a failure of
 * its own, which leaves open whether the work was done. Then what was done is looked for; when there is nothing, the call
 * is made under another key.
 *
 * @throws what the call throws
 */
export async function once<T>(
  key: string,
  { ask, find }: { ask: (idempotencyKey: string) => Promise<T>; find: () => Promise<T | undefined> },
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask(tried === 1 ? key : `${key}:${tried}`);
    } catch (err) {
      if (!isKept(err)) throw err;
      const done = await find();
      if (done !== undefined) return done;
      if (tried === keysTried) throw err;
    }
  }
}

/** Whether an answer is a failure that Stripe will repeat: what it is about has come to its end. */
function isKept(err: unknown): boolean {
  return (
    err instanceof Stripe.errors.StripeAPIError &&
    (err.statusCode ?? 0) >= 500 &&
    err.headers?.["idempotent-replayed"] === "true"
  );
}
