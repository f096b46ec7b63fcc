import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { BadInput, decodeUtf8 } from "./bad-input.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";

/** Deadlines in milliseconds. */
export interface Timeouts {
  /** When the client names none; undefined: no deadline. */
  default: number | undefined;
  /** The most a client gets, whatever it asks for; undefined: anything. */
  max: number | undefined;
}

/** Request headers that become metadata of the RPC unless the options say otherwise. */
export const defaultForwardHeaders: readonly string[] = [
  "authorization",
  "x-api-key",
  "rowlock-token",
  "traceparent",
  "tracestate",
];

/**
 * Never forwarded: hop-by-hop headers and those that describe this HTTP message (RFC 9110, 7.6.1), gRPC's
 * own, and the principal, which only the gateway may assert.
 */
const neverForwarded =
  /^(?:rowlock-principal|grpc-.*|connect-.*|:.*|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|expect|content-.*|accept-encoding)$/;

/** Checks and lower-cases the configured list. Throws at start on a name that must not be forwarded. */
export function forwardList(names: readonly string[]): string[] {
  return names.map((name) => {
    const lower = name.toLowerCase();
    if (neverForwarded.test(lower)) throw new TypeError(`header ${lower} must not be forwarded to services`);
    return lower;
  });
}

/** Visible ASCII and spaces: what gRPC metadata can carry. */
const metadataValue = /^[\x20-\x7e]*$/;
/** Bytes go as base64 under names ending in `-bin`; several values are separated by commas. */
const binaryValue = /^[A-Za-z0-9+/_-]*={0,2}(?:\s*,\s*[A-Za-z0-9+/_-]*={0,2})*$/;

/**
 * The metadata of the RPC, without x-request-id. Throws BadInput on a value that metadata cannot carry, and a
 * 431 Refusal when names and values together are over the limit.
 */
export function readMetadata(
  headers: IncomingHttpHeaders,
  forward: readonly string[],
  limit: number,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  let size = 0;
  for (let i = 0; i < forward.length; i++) {
    const name = forward[i] as string;
    const value = headers[name];
    if (value === undefined) continue;
    const text = typeof value === "string" ? value : value.join(", ");
    if (!metadataValue.test(text)) throw new BadInput("has characters other than printable ASCII", name);
    if (name.endsWith("-bin") && !binaryValue.test(text)) throw new BadInput("must be base64", name);
    size += name.length + text.length;
    if (size > limit) {
      throw new Refusal({ status: 431, error: fail("HEADERS_TOO_LARGE", { limit: String(limit) }) });
    }
    metadata[name] = text;
  }
  return metadata;
}

const requestIdPattern = /^[\w.:/+=-]{1,128}$/;

/** The client's request id when it is usable in logs and headers, else a new one. */
export function readRequestId(headers: IncomingHttpHeaders, create: () => string): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && requestIdPattern.test(given) ? given : create();
}

const grpcUnits: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };

/**
 * The deadline of the call: `Request-Timeout` in seconds (`2`, `0.5`), or gRPC's own `grpc-timeout` (`500m`),
 * the shorter when both are given, never over the maximum. Throws BadInput on one that cannot be read.
 */
export function readTimeout(
  headers: IncomingHttpHeaders,
  { default: fallback, max }: Timeouts,
): number | undefined {
  const plain = headers["request-timeout"];
  const grpc = headers["grpc-timeout"];
  if (plain === undefined && grpc === undefined) return fallback;
  let timeout = max ?? Number.POSITIVE_INFINITY;
  if (plain !== undefined) {
    const match = /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(String(plain)) ? Number(plain) * 1000 : 0;
    if (match <= 0) throw new BadInput("must be a number of seconds above 0", "request-timeout");
    timeout = Math.min(timeout, match);
  }
  if (grpc !== undefined) {
    const match = /^([0-9]{1,8})([HMSmun])$/.exec(String(grpc));
    const ms = Number(match?.[1] ?? 0) * (grpcUnits[match?.[2] ?? ""] ?? 0);
    if (ms <= 0) throw new BadInput("must be a number above 0 with a unit, such as 500m", "grpc-timeout");
    timeout = Math.min(timeout, ms);
  }
  return Math.max(1, Math.ceil(timeout));
}

/** Whether a body comes with the request, by its framing (RFC 9112, section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

/** The value of `Idempotency-Key`; the draft writes it as a quoted string, most clients bare. */
export function readIdempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const given = headers["idempotency-key"];
  if (given === undefined) return undefined;
  const text = String(given).trim();
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (key === "" || !metadataValue.test(key))
    throw new BadInput("must be printable ASCII", "idempotency-key");
  return key;
}

/**
 * The value of `Last-Event-ID`; undefined for none. EventSource sends it in UTF-8, which node:http hands out as
 * if it were Latin-1.
 */
export function readLastEventId(headers: IncomingHttpHeaders): string | undefined {
  const given = headers["last-event-id"];
  if (given === undefined || given === "") return undefined;
  return decodeUtf8(Buffer.from(String(given), "latin1"), "last-event-id");
}
