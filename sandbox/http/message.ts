import type { IncomingHttpHeaders } from "node:http";

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
