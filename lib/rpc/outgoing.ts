import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { readTraceparent, writeTraceparent } from "../telemetry/traceparent.ts";
import { findCallState } from "./call-state.ts";

/**
 * The options with which a handler calls another service, so that what is left of its own deadline
 * travels, its cancellation reaches the callee, and the callee's log names the same request:
 * `inventory.reserve(request, outgoing(ctx))`.
 */
export function outgoing(ctx: HandlerContext): Pick<CallOptions, "signal" | "timeoutMs" | "headers"> {
  const state = findCallState(ctx.values);
  const remaining = state === undefined ? ctx.timeoutMs() : state.remainingMs();
  const headers = traceHeaders(ctx.requestHeader);
  return {
    signal: ctx.signal,
    // Connect reads 0 as "no timeout"; a deadline that has just passed must not become none.
    ...(remaining !== undefined && { timeoutMs: Math.max(1, Math.floor(remaining)) }),
    ...(headers !== undefined && { headers }),
  };
}

/** The request's id and trace; undefined when nobody has named them. */
function traceHeaders(received: Headers): Record<string, string> | undefined {
  const trace = readTraceparent(received.get("traceparent"));
  const requestId = received.get("x-request-id");
  if (trace === undefined && requestId === null) return undefined;
  return {
    ...(trace !== undefined && { traceparent: writeTraceparent(trace) }),
    ...(requestId !== null && { "x-request-id": requestId }),
  };
}
