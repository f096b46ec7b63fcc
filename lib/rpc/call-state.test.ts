import { getEventListeners, setMaxListeners } from "node:events";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { CallState } from "./call-state.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function begin(init: { signal?: AbortSignal; timeoutMs?: number } = {}): CallState {
  return new CallState({
    method: EchoService.method.echo,
    protocolName: "test",
    timeoutMs: init.timeoutMs,
    bare: true,
    principal: undefined,
    signal: init.signal,
  });
}

describe("a call that is given up before anybody looks", () => {
  test("by a caller who had left already", () => {
    const state = begin({ signal: AbortSignal.abort() });
    expect(state.failure?.code).toBe(Code.Canceled);
    expect(state.signal.aborted).toBe(true);
    expect(state.signal.reason).toBe(state.failure);
    const listener = vi.fn<(reason: ConnectError) => void>();
    state.onAbort(listener);
    expect(listener).toHaveBeenCalledExactlyOnceWith(state.failure);
  });

  test("by a caller who leaves", () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal });
    caller.abort();
    expect(state.observeSignal().reason).toBe(state.failure);
    expect(reasonOf(state.failure)).toBe("CANCELLED");
  });

  test("by its deadline", async () => {
    const state = begin({ timeoutMs: 1 });
    state.armByDefault();
    await vi.waitFor(() => expect(state.failure).toBeInstanceOf(ConnectError));
    expect(reasonOf(state.failure)).toBe("DEADLINE_EXCEEDED");
    expect(state.remainingMs()).toBe(0);
    expect(state.signal.reason).toBe(state.failure);
  });
});

describe("a caller who leaves in the turn of the event loop in which the call began", () => {
  test("ends it at the end of that turn", async () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal });
    caller.abort();
    await nextTurn();
    expect(reasonOf(state.failure)).toBe("CANCELLED");
  });

  test("ends it at once when the handler holds the signal", () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal });
    const signal = state.observeSignal();
    caller.abort();
    expect(signal.reason).toBe(state.failure);
    expect(reasonOf(state.failure)).toBe("CANCELLED");
  });

  test("however many calls begin in it", async () => {
    const caller = new AbortController();
    const states = Array.from({ length: 2500 }, () => begin({ signal: caller.signal }));
    setMaxListeners(states.length, caller.signal);
    caller.abort();
    await nextTurn();
    expect(states.filter(({ failure }) => failure === undefined)).toHaveLength(0);
  });
});

describe("listeners of the caller's signal", () => {
  const listeners = ({ signal }: AbortController) => getEventListeners(signal, "abort").length;

  test("none of a call that is over before its turn is", async () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal, timeoutMs: 60_000 });
    state.armByDefault();
    state.close();
    await nextTurn();
    expect(listeners(caller)).toBe(0);
  });

  test("one of a call that lasts, as long as it lasts", async () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal });
    await nextTurn();
    state.observeSignal();
    expect(listeners(caller)).toBe(1);
    state.close();
    expect(listeners(caller)).toBe(0);
  });
});

describe("a call that is over", () => {
  test("is not given up by a caller who leaves later, nor by its deadline", async () => {
    const caller = new AbortController();
    const state = begin({ signal: caller.signal, timeoutMs: 1 });
    state.armByDefault();
    state.close();
    caller.abort();
    const later = begin({ timeoutMs: 1 });
    later.armByDefault();
    await vi.waitFor(() => expect(later.failure).toBeDefined());
    expect(state.failure).toBeUndefined();
    expect(state.signal.aborted).toBe(false);
  });

  test("gets no deadline any more", async () => {
    const state = begin();
    state.close();
    state.arm(0);
    const later = begin();
    later.arm(1);
    await vi.waitFor(() => expect(later.failure).toBeDefined());
    expect(state.failure).toBeUndefined();
  });

  test("has its signal aborted when its handler had taken it", () => {
    const state = begin();
    const signal = state.observeSignal();
    state.close();
    expect((signal.reason as Error).name).toBe("AbortError");
  });
});

test("a later deadline takes the place of an earlier one, and of the caller's timeout", async () => {
  const state = begin({ timeoutMs: 1 });
  state.arm(60_000);
  state.armByDefault();
  const other = begin({ timeoutMs: 5 });
  other.armByDefault();
  await vi.waitFor(() => expect(other.failure).toBeDefined());
  expect(state.failure).toBeUndefined();
  expect(state.remainingMs()).toBeGreaterThan(30_000);
  state.close();
});

test("headers of the answer that are set late are there", () => {
  const state = begin();
  const { responseHeader, responseTrailer } = state;
  expect(responseHeader.get("etag")).toBeNull();
  state.responseHeader.set("etag", "a");
  state.responseTrailer.append("x-cost", "1");
  expect(responseHeader.get("etag")).toBe("a");
  expect(responseTrailer.get("x-cost")).toBe("1");
});
