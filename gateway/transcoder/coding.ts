import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { promisify } from "node:util";
import zlib from "node:zlib";
import { negotiateCoding } from "./accept.ts";
import { BadInput } from "./bad-input.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";

/** The content codings that are read and written. */
export type Coding = "gzip" | "br";

const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const unbrotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/** Brotli's default quality, 11, takes a hundred times as long for a few per cent. */
const brotliQuality = { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 };

/** The coding of a request body; undefined for none. Throws a 415 Refusal, saying what is read, on others. */
export function requestCoding({ headers }: IncomingMessage): Coding | undefined {
  const given = headers["content-encoding"];
  if (given === undefined) return undefined;
  switch (given.toLowerCase()) {
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "br":
      return "br";
  }
  const metadata = {
    content_type: `content-encoding ${given}`.slice(0, 100),
    expected: "br, gzip or identity",
  };
  const error = fail("CONTENT_TYPE_UNSUPPORTED", metadata);
  throw new Refusal({ status: 415, error, headers: ["accept-encoding", "br, gzip, identity"] });
}

/** Inflates a whole body. Throws a 413 Refusal when it grows beyond the limit, BadInput when it is damaged. */
export async function inflate(body: Buffer, coding: Coding, limit: number): Promise<Buffer> {
  try {
    const options = { maxOutputLength: Math.max(1, limit) };
    return await (coding === "gzip" ? gunzip(body, options) : unbrotli(body, options));
  } catch (err) {
    if (err instanceof Error && "code" in err && err.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw damaged(coding);
  }
}

/** A stream that inflates what is written to it. */
export function inflater(coding: Coding): Transform {
  return coding === "gzip" ? zlib.createGunzip() : zlib.createBrotliDecompress();
}

/** What a compressed body that cannot be inflated is refused with. */
export function damaged(coding: Coding): BadInput {
  return new BadInput(`the body is not valid ${coding}`);
}

export function tooLarge(limit: number): Refusal {
  return new Refusal({ status: 413, error: fail("BODY_TOO_LARGE", { limit: String(limit) }) });
}

/** Smaller bodies are sent as they are: they fit into a packet or two, and compressing costs more than it gains. */
const threshold = 1024;

/**
 * The coding of an answer with this many bytes of this type; undefined for none. What the client excludes was
 * refused before (`requireCodings`).
 */
export function responseCoding(request: IncomingMessage, type: string, bytes: number): Coding | undefined {
  const accepted = request.headers["accept-encoding"];
  if (accepted === undefined || !isCompressible(type)) return undefined;
  if (bytes < threshold && !exclusion.test(String(accepted))) return undefined;
  const coding = negotiateCoding(accepted, unaryCodings);
  return coding === "identity" ? undefined : coding;
}

/** Whether responseCoding asked what the client accepts, so that caches have to keep the answers apart. */
export function variesByCoding(type: string, bytes: number): boolean {
  return bytes >= threshold && isCompressible(type);
}

/** The coding of a stream of this type. Event streams have none: each would keep a compressor's buffers. */
export function streamCoding(request: IncomingMessage, type: string): Coding | undefined {
  if (!isStreamCompressible(type)) return undefined;
  const coding = negotiateCoding(request.headers["accept-encoding"], streamCodings);
  return coding === "identity" ? undefined : coding;
}

export function isStreamCompressible(type: string): boolean {
  return type !== "text/event-stream" && isCompressible(type);
}

// Brotli compresses better, gzip holds less memory while a stream is open.
const unaryCodings: readonly Coding[] = ["br", "gzip"];
const streamCodings: readonly Coding[] = ["gzip", "br"];

const exclusion = /;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$)/i;

/** Refuses, with 406, a request that excludes every coding including none at all. */
export function requireCodings({ headers }: IncomingMessage): void {
  const accepted = headers["accept-encoding"];
  if (accepted === undefined || !exclusion.test(String(accepted))) return;
  if (negotiateCoding(accepted, unaryCodings) !== undefined) return;
  const metadata = { offered: "br, gzip, identity", accept: String(accepted).slice(0, 100) };
  throw new Refusal({ status: 406, error: fail("NOT_ACCEPTABLE", metadata) });
}

export function compress(body: string | Uint8Array, coding: Coding): Promise<Buffer> {
  return coding === "gzip" ? gzip(body, {}) : brotli(body, { params: brotliQuality });
}

/** A stream that compresses what is written to it, each write at once, with small buffers. */
export function compressor(coding: Coding): Transform {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, BROTLI_PARAM_LGWIN } = zlib.constants;
  if (coding === "gzip") return zlib.createGzip({ flush: Z_SYNC_FLUSH, windowBits: 13, memLevel: 6 });
  const params = { ...brotliQuality, [BROTLI_PARAM_LGWIN]: 16 };
  return zlib.createBrotliCompress({ flush: BROTLI_OPERATION_FLUSH, params });
}

/** JSON and texts; images, archives and the like are compressed already. */
function isCompressible(type: string): boolean {
  return type === "application/json" || compressible.test(type);
}

const compressible =
  /^(?:text\/|application\/(?:x-ndjson|json|xml|javascript|wasm|[\w.-]+\+(?:json|xml))\b|image\/svg\+xml\b)/i;
