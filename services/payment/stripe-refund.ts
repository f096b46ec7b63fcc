/** What Stripe's answer to a refund means. */
import type { ConnectError } from "@connectrpc/connect";
import Stripe from "stripe";
import { fail } from "./reasons.ts";
import { unavailable } from "./stripe-call.ts";

/** The id of a refund that Stripe has taken. @throws REFUND_REFUSED, PROVIDER_UNAVAILABLE. */
export function idOf(refund: Stripe.Refund): string {
  if (typeof refund.id !== "string") throw unavailable(new Error("the answer is not a refund"));
  if (refund.status === "failed" || refund.status === "canceled") {
    throw refused(refund.failure_reason ?? refund.status);
  }
  return refund.id;
}

/** A refund that Stripe does not make; or a call that came to nothing. */
export function refusedOr(err: unknown): ConnectError {
  return err instanceof Stripe.errors.StripeInvalidRequestError
    ? refused(err.message, err)
    : unavailable(err);
}

/** A refund that cannot be made. */
export function refused(message: string, cause?: unknown): ConnectError {
  return fail("REFUND_REFUSED", { provider_message: message }, { cause });
}
