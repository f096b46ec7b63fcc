import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  createContextValues,
} from "@connectrpc/connect";
import { reasonOf } from "../errors/reasons.ts";
import { Deadlines, type Expiring } from "./deadlines.ts";
import { LazyHeaders } from "./lazy-headers.ts";
import type { Principal } from "./principal.ts";
import { failRpc } from "./reasons.ts";

/** Why a signal is aborted after its call: one for all, since making an AbortError captures a stack each time. */
const ended = new DOMException("the call has ended", "AbortError");

/** Those of all calls that this process serves. */
const deadlines = new Deadlines();

/**
 * What the runtime knows of one call being served: who calls, until when, and whether it was given
 * up. Made by the host, found by interceptors and handlers through the context values.
 */
export class CallState implements Expiring {
  readonly method: DescMethod;
  readonly protocolName: string;
  readonly values: ContextValues = createContextValues();
  /** The time the caller gave, in milliseconds, as it arrived; undefined when it gave none. */
  readonly timeoutMs: number | undefined;
  /** No header came with the call: there is no credential to look for. */
  readonly bare: boolean;
  /** Set by the host when it is vouched for in process, else by the principal interceptor. */
  principal: Principal | undefined;
  /** When the call is given up, in milliseconds as performance.now() counts; infinite without a deadline. */
  deadline: number = Number.POSITIVE_INFINITY;

  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  #parentAborted: (() => void) | undefined;
  #watch: "not" | "later" | "now" = "not";
  #failure: ConnectError | undefined;
  #closed = false;
  #observed = false;
  #listeners: ((reason: ConnectError) => void)[] | undefined;
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
    this.#parent = init.signal;
    if (this.#parent?.aborted === true) {
      this.abort(this.#parent.reason);
    } else if (this.#parent !== undefined) {
      this.#watchLater();
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
    this.watch();
    return this.#controller.signal;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new LazyHeaders();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new LazyHeaders();
    return this.#responseTrailer;
  }

  /** Milliseconds until the deadline, never negative; undefined without one. */
  remainingMs(): number | undefined {
    return Number.isFinite(this.deadline) ? Math.max(0, this.deadline - performance.now()) : undefined;
  }

  /** Sets the deadline to `ms` from now, in place of an earlier one. */
  arm(ms: number): void {
    this.deadline = performance.now() + ms;
    if (this.#watch === "now" && !this.#isOver()) {
      deadlines.add(this);
    } else {
      this.#watchLater();
    }
  }

  /** Applies the caller's own timeout when no interceptor has set a deadline. */
  armByDefault(): void {
    if (this.timeoutMs !== undefined && !Number.isFinite(this.deadline)) {
      this.arm(this.timeoutMs);
    }
  }

  /**
   * From now on the call is given up when its caller leaves, or its deadline passes. That begins at the end of the
   * turn of the event loop in which the call began, or when its handler takes the signal: until then neither can be
   * noticed anyway, and many calls are over by then, which spares them a timer and a listener.
   */
  watch(): void {
    if (this.#watch === "now" || this.#isOver()) {
      return;
    }
    this.#watch = "now";
    if (Number.isFinite(this.deadline)) {
      deadlines.add(this);
    }
    const parent = this.#parent;
    if (parent?.aborted === true) {
      this.abort(parent.reason);
    } else if (parent !== undefined) {
      this.#parentAborted = abortion(this, parent);
      parent.addEventListener("abort", this.#parentAborted, { once: true });
    }
  }

  #watchLater(): void {
    if (this.#watch === "not" && !this.#isOver()) {
      this.#watch = "later";
      watchAfterTurn(this);
    }
  }

  #isOver(): boolean {
    return this.#closed || this.#failure !== undefined;
  }

  /** Gives the call up, since its deadline has passed. */
  expire(): void {
    this.abort(failRpc("DEADLINE_EXCEEDED", { method: methodName(this.method) }));
  }

  /** Gives the call up: aborts the handler's signal and fails whatever waits for the handler. */
  abort(reason: unknown): void {
    if (this.#isOver()) {
      return;
    }
    this.#failure = abortError(reason, methodName(this.method));
    deadlines.delete(this);
    this.#controller.abort(this.#failure);
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) {
      listener(this.#failure);
    }
  }

  /** Calls `listener` once when the call is given up; at once if it already is. */
  onAbort(listener: (reason: ConnectError) => void): void {
    if (this.#failure !== undefined) {
      listener(this.#failure);
      return;
    }
    if (this.#listeners === undefined) {
      this.#listeners = [listener];
    } else {
      this.#listeners.push(listener);
    }
  }

  offAbort(listener: (reason: ConnectError) => void): void {
    const at = this.#listeners?.indexOf(listener) ?? -1;
    if (at >= 0) {
      this.#listeners?.splice(at, 1);
    }
  }

  /** Ends the call: timers and listeners go. Every host calls it exactly when the last byte is decided. */
  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    deadlines.delete(this);
    this.#listeners = undefined;
    if (this.#parentAborted !== undefined) {
      this.#parent?.removeEventListener("abort", this.#parentAborted);
    }
    if (this.#observed && this.#failure === undefined) {
      this.#controller.abort(ended);
    }
  }
}

/** Calls that began in this turn of the event loop. */
let begun: CallState[] = [];

/** A turn that begins more calls than these, one after the other, shall not hold them all in memory. */
const mostBegun = 1000;

function watchAfterTurn(state: CallState): void {
  const count = begun.push(state);
  if (count === 1) {
    setImmediate(watchBegun);
  } else if (count === mostBegun) {
    watchBegun();
  }
}

function watchBegun(): void {
  const states = begun;
  begun = [];
  for (const state of states) {
    state.watch();
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

/**
 * What gives a call up when its caller does. Not written where it is kept: a function that is assigned to a property
 * at once V8 takes for a method that will last, and all that it refers to stays until a full collection.
 */
function abortion(state: CallState, parent: AbortSignal): () => void {
  return () => state.abort(parent.reason);
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
