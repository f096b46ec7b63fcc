import type { Interceptor } from "@connectrpc/connect";
import { callStateOf, methodName } from "../call-state.ts";
import { failRpc } from "../reasons.ts";

/** Milliseconds each. */
export interface DeadlineOptions {
  /** For a call that brings no deadline. Calls that answer with a stream get none: they may last. */
  defaultMs?: number;
  /** Taken off the caller's time, so that our answer to a timeout still reaches it. */
  shaveMs?: number;
  /** With less than this left a call is refused: it could only do half of its work. */
  minimumMs?: number;
}

/**
 * Gives every call a deadline, at which its handler's signal aborts and its caller gets
 * DEADLINE_EXCEEDED whether or not the handler heeds the signal.
 */
export function keepDeadline({
  defaultMs = 15_000,
  shaveMs = 20,
  minimumMs = 50,
}: DeadlineOptions = {}): Interceptor {
  return (next) => (req) => {
    const state = callStateOf(req.contextValues);
    if (state.timeoutMs === undefined) {
      if (req.method.methodKind === "unary" || req.method.methodKind === "client_streaming") {
        state.arm(defaultMs);
      }
      return next(req);
    }
    const left = state.timeoutMs - shaveMs;
    if (left < minimumMs) {
      return Promise.reject(failRpc("DEADLINE_TOO_SHORT", { method: methodName(req.method) }));
    }
    state.arm(left);
    return next(req);
  };
}
