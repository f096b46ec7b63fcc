import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { BadInput } from "./bad-input.ts";
import { hasBody } from "./headers.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";

const empty = Buffer.alloc(0);

/**
 * Reads a request body. Throws a 413 Refusal as soon as it is known to be over the limit, by its
 * Content-Length or by counting, and reads no further; CANCELLED when the client goes away.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = request.headers["content-length"];
  if (declared !== undefined && Number(declared) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose);

    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size > limit) {
        stop();
        request.pause();
        reject(tooLarge(limit));
        return;
      }
      chunks.push(chunk);
    }
    function onEnd(): void {
      stop();
      resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, size));
    }
    function onClose(): void {
      stop();
      // After this nobody listens for errors, and the socket may report one more.
      request.on("error", ignore);
      reject(fail("CLIENT_GONE", {}));
    }
    function stop(): void {
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose);
    }
  });
}

function ignore(): void {}

function tooLarge(limit: number): Refusal {
  return new Refusal({ status: 413, error: fail("BODY_TOO_LARGE", { limit: String(limit) }) });
}

/** Decodes UTF-8; throws BadInput instead of putting in replacement characters. */
export function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new BadInput("the body is not valid UTF-8");
  return bytes.toString("utf8");
}

const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;

/** Refuses, with 415, a body that is not JSON in UTF-8. One without Content-Type is taken for JSON. */
export function requireJson(request: IncomingMessage): void {
  const type = request.headers["content-type"];
  if (type !== undefined && (!jsonType.test(type) || otherCharset.test(type))) throw unsupported(type);
}

/** Refuses, with 415, a compressed body. */
export function requireIdentity(request: IncomingMessage): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding.toLowerCase() === "identity") return;
  throw unsupported(`content-encoding ${encoding}`, ["accept-encoding", "identity"]);
}

function unsupported(contentType: string, headers: string[] = ["accept-post", "application/json"]): Refusal {
  const metadata = { content_type: contentType.slice(0, 100), expected: "application/json" };
  return new Refusal({ status: 415, error: fail("CONTENT_TYPE_UNSUPPORTED", metadata), headers });
}

/** How much of an unwanted body is thrown away so that the client gets to read its answer, and for how long. */
const lingerBytes = 16 * 1024 * 1024;
const lingerMs = 2000;
/** An unread rest this small is read by node:http itself, which keeps the connection. */
const smallBody = 64 * 1024;

/** Whether an answer given now leaves a body unread that is too large, or of unknown size, to just read on. */
export function leavesBody(request: IncomingMessage): boolean {
  if (request.complete || !hasBody(request)) return false;
  const declared = request.headers["content-length"];
  return declared === undefined || Number(declared) > smallBody;
}

/**
 * Answers while the client is still sending, then closes. Closing at once would reset the connection, and many
 * clients would report that instead of the answer; so what still comes is thrown away for a while first.
 */
export function answerAndClose(
  request: IncomingMessage,
  response: ServerResponse,
  answer: { status: number; headers: string[]; body: string },
): void {
  response.writeHead(answer.status, [...answer.headers, "connection", "close"]);
  response.write(answer.body);
  let discarded = 0;
  const timer = setTimeout(close, lingerMs).unref();
  request.on("data", onData).on("end", close).on("close", close).on("error", ignore);
  request.resume();

  function onData(chunk: Buffer): void {
    discarded += chunk.length;
    if (discarded > lingerBytes) close();
  }
  function close(): void {
    clearTimeout(timer);
    request.off("data", onData).off("end", close).off("close", close);
    response.end();
  }
}
