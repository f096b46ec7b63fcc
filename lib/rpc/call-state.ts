import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
} from "@connectrpc/connect";
import { reasonOf } from "../errors/reasons.ts";
import type { Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";

/** Why a signal is aborted after its call: one for all, since making an AbortError captures a stack each time. */
const ended = new DOMException("the call has ended", "AbortError");

/** Longer timers than this overflow Node's and would fire at once; such a deadline needs no timer. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * What the runtime knows of one call being served: who calls, until when, and whether it was given
 * up. Made by the host, found by interceptors and handlers through the context values.
 */
export class CallState {
  readonly method: DescMethod;
  readonly protocolName: string;
  readonly values: ContextValues = createContextValues();
  /** The time the caller gave, in milliseconds, as it arrived; undefined when it gave none. */
  readonly timeoutMs: number | undefined;
  /** No header came with the call: there is no credential to look for. */
  readonly bare: boolean;
  /** Set by the host when it is vouched for in process, else by the principal interceptor. */
  principal: Principal | undefined;

  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #parentAborted: (() => void) | undefined;
  #deadline: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: ConnectError | undefined;
  #closed = false;
  #observed = false;
  #listeners: Set<(reason: ConnectError) => void> | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(init: {
    method: DescMethod;
    protocolName: string;
    timeoutMs: number | undefined;
    bare: boolean;
    principal: Principal | undefined;
    signal: AbortSignal | undefined;
  }) {
    this.method = init.method;
    this.protocolName = init.protocolName;
    this.timeoutMs = init.timeoutMs;
    this.bare = init.bare;
    this.principal = init.principal;
    this.values.set(callStateKey, this);
    const parent = init.signal;
    if (parent !== undefined) {
      this.#parent = parent;
      this.#parentAborted = () => this.abort(parent.reason);
      if (parent.aborted) {
        this.abort(parent.reason);
      } else {
        parent.addEventListener("abort", this.#parentAborted, { once: true });
      }
    }
  }

  /** Why the call was given up; undefined while it goes on. */
  get failure(): ConnectError | undefined {
    return this.#failure;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** As `signal`, and remembers that the handler holds it: it is then aborted at the end, as Connect's contract says. */
  observeSignal(): AbortSignal {
    this.#observed = true;
    return this.#controller.signal;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  /** Milliseconds until the deadline, never negative; undefined without one. */
  remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : Math.max(0, this.#deadline - performance.now());
  }

  /** Sets the deadline to `ms` from now, in place of an earlier one. */
  arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#deadline = performance.now() + ms;
    if (!this.#closed && ms <= longestTimerMs) {
      this.#timer = setTimeout(expire, ms, this);
    }
  }

  /** Applies the caller's own timeout when no interceptor has set a deadline. */
  armByDefault(): void {
    if (this.#deadline === undefined && this.timeoutMs !== undefined) {
      this.arm(this.timeoutMs);
    }
  }

  /** Gives the call up: aborts the handler's signal and fails whatever waits for the handler. */
  abort(reason: unknown): void {
    if (this.#closed || this.#failure !== undefined) {
      return;
    }
    this.#failure = abortError(reason, methodName(this.method));
    clearTimeout(this.#timer);
    this.#controller.abort(this.#failure);
    for (const listener of this.#listeners ?? []) {
      listener(this.#failure);
    }
  }

  /** Calls `listener` once when the call is given up; at once if it already is. */
  onAbort(listener: (reason: ConnectError) => void): void {
    if (this.#failure !== undefined) {
      listener(this.#failure);
      return;
    }
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  offAbort(listener: (reason: ConnectError) => void): void {
    this.#listeners?.delete(listener);
  }

  /** Ends the call: timers and listeners go. Every host calls it exactly when the last byte is decided. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#listeners = undefined;
    if (this.#parentAborted !== undefined) {
      this.#parent?.removeEventListener("abort", this.#parentAborted);
    }
    if (this.#observed && this.#failure === undefined) {
      this.#controller.abort(ended);
    }
  }
}

const callStateKey = createContextKey<CallState | undefined>(undefined, {
  description: "rowlock call state",
});

/** The state of the call these values belong to; undefined outside this runtime's hosts. */
export function findCallState(values: ContextValues): CallState | undefined {
  return values.get(callStateKey);
}

/**
 * As `findCallState`, for code that only ever runs behind one of the runtime's hosts.
 * @throws Error anywhere else: a programmer's error.
 */
export function callStateOf(values: ContextValues): CallState {
  const state = values.get(callStateKey);
  if (state === undefined) {
    throw new Error("this interceptor or handler needs one of the hosts of lib/rpc");
  }
  return state;
}

/** `rowlock.order.v1.OrderService/PlaceOrder`, as logs, metrics and errors name a method. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

function expire(state: CallState): void {
  state.abort(failRpc("DEADLINE_EXCEEDED", { method: methodName(state.method) }));
}

/**
 * The error of a call that was given up: DEADLINE_EXCEEDED when a deadline or timeout did it, a typed
 * error as it is, and CANCELLED for any other reason.
 */
export function abortError(reason: unknown, method: string): ConnectError {
  if (reason instanceof ConnectError && reasonOf(reason) !== undefined) {
    return reason;
  }
  const late =
    reason instanceof ConnectError
      ? reason.code === Code.DeadlineExceeded
      : reason instanceof Error && reason.name === "TimeoutError";
  return failRpc(late ? "DEADLINE_EXCEEDED" : "CANCELLED", { method }, { cause: reason });
}
