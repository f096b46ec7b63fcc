import type { IncomingHttpHeaders } from "node:http";
import type { FaultVendor } from "../faults/settings.ts";

/** What a vendor module is asked. `query` is the raw text after the question mark. */
export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Called once the answer has left, or the caller is gone. */
  sent?: () => void;
}

/** One vendor's API: all paths for which `owns` is true. */
export interface Vendor {
  readonly name: string;
  /** Largest request body, in bytes. */
  readonly maxBody: number;
  owns(path: string): boolean;
  handle(request: SandboxRequest): Reply | Promise<Reply>;
  /** The vendor's own wording of a body over `maxBody`. */
  tooLarge(): Reply;
  /** What the vendor answers when it fails; without it, faults on demand pass by. */
  readonly failures?: Failures;
}

/** A vendor's own wording of what goes wrong on its side. */
export interface Failures {
  readonly vendor: FaultVendor;
  /**
   * An answer of 500. `done` is a request that was carried out all the same, with the answer that it would have
   * had; called in the same turn of the event loop.
   */
  internal(done?: { request: SandboxRequest; reply: Reply }): Reply;
  /** An answer of 429. */
  rateLimited(): Reply;
}

/** An answer with a JSON body. */
export function json(status: number, body: unknown, headers?: Record<string, string>): Reply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

/** An integer query parameter within [min, max]; `fallback` when it is absent or no integer. */
export function queryInteger(
  query: URLSearchParams,
  { name, min, max, fallback }: { name: string; min: number; max: number; fallback: number },
): number {
  const text = query.get(name);
  if (text === null || !/^\d{1,9}$/.test(text)) return fallback;
  return Math.min(Math.max(Number(text), min), max);
}
