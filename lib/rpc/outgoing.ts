import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { findCallState } from "./call-state.ts";

/**
 * The options with which a handler calls another service, so that what is left of its own deadline
 * travels and its cancellation reaches the callee: `inventory.reserve(request, outgoing(ctx))`.
 */
export function outgoing(ctx: HandlerContext): Pick<CallOptions, "signal" | "timeoutMs"> {
  const state = findCallState(ctx.values);
  const remaining = state === undefined ? ctx.timeoutMs() : state.remainingMs();
  // Connect reads 0 as "no timeout"; a deadline that has just passed must not become none.
  return remaining === undefined
    ? { signal: ctx.signal }
    : { signal: ctx.signal, timeoutMs: Math.max(1, Math.floor(remaining)) };
}
