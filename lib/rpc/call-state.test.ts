import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { reasonOf } from "../errors/reasons.ts";
import { CallState } from "./call-state.ts";

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
