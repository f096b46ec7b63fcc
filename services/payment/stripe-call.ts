/** What all calls to Stripe share: their time, and what becomes of their failures. */
import type { ConnectError } from "@connectrpc/connect";
import Stripe from "stripe";
import { fail } from "./reasons.ts";

/** Runs a call to Stripe in its time, unless Stripe is away. */
export type InTime = <T>(call: () => Promise<T>) => Promise<T>;

/** The SDK's own time-out is of silence on the socket, once per try; this one is of the whole call. */
export async function within<T>(timeoutMs: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
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
