/** What all calls to Stripe share: their time, and what becomes of their failures. */
import type { ConnectError } from "@connectrpc/connect";
import Stripe from "stripe";
import { fail } from "./reasons.ts";

/** Runs a call to Stripe in its time, unless Stripe is away. */
export type InTime = <T>(call: () => Promise<T>) => Promise<T>;

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
