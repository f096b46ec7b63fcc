import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { BadInput } from "./bad-input.ts";
import { takesRawBody } from "./binding.ts";
import { discardRest, requireNdjson } from "./body.ts";
import { type Coding, damaged, inflater, requestCoding, tooLarge } from "./coding.ts";
import type { Exchange } from "./exchange.ts";
import type { Fields } from "./fields.ts";
import { hasBody } from "./headers.ts";
import { fail } from "./reasons.ts";

/**
 * The messages of a request stream, read as the RPC takes them: each line of NDJSON is one, or, where the body
 * is a google.api.HttpBody, each chunk of bytes as it arrives. What path, query and headers bind is put into
 * every message. Throws on a request that cannot be served whatever comes, before the call is made.
 */
export class RequestStream {
  readonly #exchange: Exchange;
  readonly #call: AbortController;
  readonly #coding: Coding | undefined;
  readonly #raw: boolean;
  #inflater: Transform | undefined;
  #error: unknown;

  /** `call` is aborted when the request turns out to be wrong. */
  constructor(exchange: Exchange, call: AbortController) {
    const { request, route, segments, query } = exchange;
    this.#exchange = exchange;
    this.#call = call;
    this.#raw = takesRawBody(route.rule);
    if (hasBody(request) && !this.#raw) requireNdjson(request);
    this.#coding = requestCoding(request);
    route.bind({ segments, query, headers: request.headers, body: undefined });
  }

  /** What was wrong with the request, which says more than what the call then failed with. */
  get error(): unknown {
    return this.#error;
  }

  async *messages(): AsyncGenerator<Fields> {
    try {
      let index = 0;
      for await (const body of this.#bodies()) yield this.#bind(body, index++);
      // An empty upload is one all the same: its name and type are in the message.
      if (this.#raw && index === 0) yield this.#bind(Buffer.alloc(0), 0);
    } catch (err) {
      this.#error = err;
      this.#call.abort(err);
      throw err;
    }
  }

  /** To be called when the call is over: what was not read is thrown away. */
  close(): void {
    const { request } = this.#exchange;
    if (this.#inflater !== undefined) {
      request.unpipe(this.#inflater);
      this.#inflater.destroy();
    }
    discardRest(request);
  }

  #bind(body: Buffer | undefined, index: number): Fields {
    const { request, route, segments, query } = this.#exchange;
    try {
      const message = route.bind({ segments, query, headers: request.headers, body });
      route.check?.(message);
      return message;
    } catch (err) {
      if (err instanceof BadInput && !this.#raw) err.field = placeOf(err.field, index);
      throw err;
    }
  }

  #bodies(): AsyncIterable<Buffer> {
    const { request, shared } = this.#exchange;
    const chunks = this.#chunks(request, shared.settings.maxStreamBytes);
    return this.#raw ? chunks : lines(chunks, shared.settings.maxBodyBytes);
  }

  /** The bytes of the body, inflated, at most so many. */
  async *#chunks(request: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
    const coding = this.#coding;
    let source: IncomingMessage | Transform = request;
    if (coding !== undefined) {
      const inflating = request.pipe(inflater(coding));
      // A pipe does not pass on that its source broke off.
      request.on("close", () => {
        if (!request.complete) inflating.destroy();
      });
      this.#inflater = source = inflating;
    }
    let size = 0;
    try {
      // Leaving the loop must not destroy the request: its connection carries the answer.
      for await (const chunk of source.iterator({ destroyOnReturn: false })) {
        const bytes = chunk as Buffer;
        size += bytes.length;
        if (size > limit) throw tooLarge(limit);
        yield bytes;
      }
    } catch (err) {
      if (request.destroyed && !request.complete) throw fail("CLIENT_GONE", {});
      if (coding !== undefined && err instanceof Error && "errno" in err) throw damaged(coding);
      throw err;
    }
  }
}

/** `[2].title`: the message, counted from 0, and the place in it. */
function placeOf(field: string | undefined, index: number): string {
  if (field === undefined || field === "") return `[${index}]`;
  return field.startsWith("[") ? `[${index}]${field}` : `[${index}].${field}`;
}

const lineFeed = 0x0a;

/** The lines that are not blank. Throws a 413 Refusal on one over the limit before all of it is read. */
async function* lines(chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer): void => {
    size += part.length;
    if (size > limit) throw tooLarge(limit);
    if (part.length > 0) parts.push(part);
  };
  const take = (): Buffer => {
    const line = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size);
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; ) {
      if (size === 0) start = skipSpace(chunk, start);
      const end = chunk.indexOf(lineFeed, start);
      add(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end >= 0) yield take();
      start = end < 0 ? chunk.length : end + 1;
    }
  }
  if (size > 0) yield take();
}

/** White space at the start of a line means nothing in JSON; skipping it skips blank lines, too. */
function skipSpace(chunk: Buffer, start: number): number {
  let at = start;
  for (; at < chunk.length; at++) {
    const code = chunk[at];
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== lineFeed) break;
  }
  return at;
}
