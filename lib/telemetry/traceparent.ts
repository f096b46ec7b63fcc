import { randomUUID } from "node:crypto";

/** What ties the calls of one request together, as W3C Trace Context has it. */
export interface Trace {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** Two hex digits; `01`: the caller records this trace. */
  readonly flags: string;
}

const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

/** The trace of a `traceparent` header; undefined when there is none, or none that the standard calls valid. */
export function readTraceparent(header: string | null | undefined): Trace | undefined {
  const match = header ? pattern.exec(header) : null;
  if (match === null) return undefined;
  const [, version, traceId = "", flags = "", rest] = match;
  // Only later versions may have more fields; of their flags only the first is known.
  if (version === "00") return rest === undefined ? { traceId, flags } : undefined;
  return { traceId, flags: Number.parseInt(flags, 16) & 1 ? "01" : "00" };
}

/** A trace that begins here; nobody before us records it. */
export function newTrace(): Trace {
  const random = randomUUID();
  return {
    traceId: `${random.slice(0, 8)}${random.slice(9, 13)}${random.slice(19, 23)}${parentId()}`,
    flags: "00",
  };
}

/** The `traceparent` of the next call of a trace, with a parent id of its own. */
export function writeTraceparent({ traceId, flags }: Trace): string {
  return `00-${traceId}-${parentId()}-${flags}`;
}

/** 16 hex digits, taken from where a random UUID has no fixed ones. */
function parentId(): string {
  const random = randomUUID();
  return `${random.slice(0, 8)}${random.slice(28)}`;
}
