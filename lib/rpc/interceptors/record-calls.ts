import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeName } from "../../errors/codes.ts";
import { toPublicError } from "../../errors/public-error.ts";
import { reasonOf } from "../../errors/reasons.ts";
import type { Log } from "../../telemetry/log.ts";
import { readTraceparent } from "../../telemetry/traceparent.ts";
import { type CallState, callStateOf, methodName } from "../call-state.ts";
import { watchEnd } from "../streams.ts";

/** One finished call, for metrics. `code` is a canonical name, `OK` included. */
export type Observe = (call: { method: string; code: string; seconds: number }) => void;

/**
 * Turns whatever is thrown into what the caller may see, and records each call once, when its last
 * message is out: method, code, reason, duration, kind of caller, and the ids of its request and trace; never
 * other metadata or messages.
 * Faults of ours are logged as errors with their cause, refusals at info, successes at debug.
 */
export function recordCalls({ log, observe }: { log: Log; observe?: Observe | undefined }): Interceptor {
  const record = (state: CallState, header: Headers, started: number, err?: ConnectError) => {
    const ms = performance.now() - started;
    const code = err === undefined ? "OK" : codeName(err.code);
    const method = nameOf(state.method);
    observe?.({ method, code, seconds: ms / 1000 });
    const level = levelOf(err);
    if (log.isLevelEnabled(level)) {
      const caller = state.principal?.kind ?? "none";
      log[level](
        {
          method,
          code,
          reason: reasonOf(err),
          ms: Math.round(ms * 1000) / 1000,
          caller,
          request_id: header.get("x-request-id") ?? undefined,
          trace_id: readTraceparent(header.get("traceparent"))?.traceId,
          cause: level === "error" ? describeCause(err?.cause) : undefined,
        },
        "rpc",
      );
    }
  };
  return (next) => async (req) => {
    const state = callStateOf(req.contextValues);
    const started = performance.now();
    const failed = (err: unknown) => {
      const shown = toPublicError(err);
      record(state, req.header, started, shown);
      return shown;
    };
    let res: Awaited<ReturnType<typeof next>>;
    try {
      res = await next(req);
    } catch (err) {
      throw failed(err);
    }
    if (!res.stream) {
      record(state, req.header, started);
      return res;
    }
    const message = watchEnd(res.message, (err) =>
      err === undefined ? record(state, req.header, started) : failed(err),
    );
    return { ...res, message };
  };
}

const names = new WeakMap<DescMethod, string>();

function nameOf(method: DescMethod): string {
  let name = names.get(method);
  if (name === undefined) {
    name = methodName(method);
    names.set(method, name);
  }
  return name;
}

function levelOf(err: ConnectError | undefined): "debug" | "info" | "error" {
  switch (err?.code) {
    case undefined:
      return "debug";
    case Code.Internal:
    case Code.Unknown:
    case Code.DataLoss:
      return "error";
    case Code.Unavailable:
      // Streams that are ended with their process are nobody's fault, and may be thousands.
      return reasonOf(err) === "SHUTTING_DOWN" ? "info" : "error";
    default:
      return "info";
  }
}

/**
 * Name, text, stack and code of a cause and of its own causes. Nothing else: errors of HTTP clients
 * carry the request with its keys, those of databases the row.
 */
function describeCause(cause: unknown, depth = 0): object | undefined {
  if (cause === undefined || cause === null || depth > 4) {
    return undefined;
  }
  if (!(cause instanceof Error)) {
    return { message: typeof cause === "string" ? cause : `a thrown ${typeof cause}` };
  }
  return {
    name: cause.name,
    message: cause.message,
    code: "code" in cause ? cause.code : undefined,
    stack: cause.stack,
    cause: describeCause(cause.cause, depth + 1),
  };
}
