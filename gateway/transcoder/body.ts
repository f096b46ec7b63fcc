import type { IncomingMessage, ServerResponse } from "node:http";
import { inflate, requestCoding, tooLarge } from "./coding.ts";
import { hasBody } from "./headers.ts";
import { fail } from "./reasons.ts";
import { Refusal } from "./refusal.ts";

const empty = Buffer.alloc(0);

/**
 * Reads a request body, inflated. Throws a 413 Refusal when it is over the limit, compressed or inflated; 415
 * when its coding is unknown; BadInput when that is damaged; CANCELLED when the client goes away.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const coding = requestCoding(request);
  const bytes = readBytes(request, limit);
  return coding === undefined ? bytes : bytes.then((given) => inflate(given, coding, limit));
}

/** Reads until it is known to be over the limit, by its Content-Length or by counting, and no further. */
function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = request.headers["content-length"];
  if (declared !== undefined && Number(declared) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let ended = false;
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
      // The listeners stay, deaf: taking them away costs as much as all else here.
      ended = true;
      resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, size));
    }
    function onClose(): void {
      if (ended) return;
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

const jsonType = /^application\/(?:[\w!#$&^.+-]+\+)?json\s*(?:;|$)/i;
const formType = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const ndjsonType = /^application\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*(?!"?utf-?8"?\s*(?:;|$))/i;

/** Refuses, with 415, a body that is not JSON in UTF-8. One without Content-Type is taken for JSON. */
export function requireJson(request: IncomingMessage): void {
  requireType(request, jsonType, "application/json");
}

/** Whether a body says that it is a form in UTF-8. */
export function isForm({ headers }: IncomingMessage): boolean {
  const type = headers["content-type"] ?? "";
  return formType.test(type) && !otherCharset.test(type);
}

/** Refuses, with 415, a request stream that is not NDJSON in UTF-8; one without Content-Type is taken for it. */
export function requireNdjson(request: IncomingMessage): void {
  requireType(request, ndjsonType, "application/x-ndjson");
}

function requireType({ headers }: IncomingMessage, pattern: RegExp, expected: string): void {
  const type = headers["content-type"];
  if (type === undefined || type === expected || (pattern.test(type) && !otherCharset.test(type))) return;
  const error = fail("CONTENT_TYPE_UNSUPPORTED", { content_type: type.slice(0, 100), expected });
  throw new Refusal({ status: 415, error, headers: ["accept-post", expected] });
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

/**
 * After an answer given before a request stream ended: throws away what still comes, so that the connection can
 * be used again, but not for ever.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.destroyed || request.readableEnded) return;
  request.resume();
  if (request.complete) return;
  let discarded = 0;
  const timer = setTimeout(close, lingerMs).unref();
  request.on("data", onData).on("end", stop).on("close", stop).on("error", ignore);

  function onData(chunk: Buffer): void {
    discarded += chunk.length;
    if (discarded > lingerBytes) close();
  }
  function close(): void {
    stop();
    request.destroy();
  }
  function stop(): void {
    clearTimeout(timer);
    request.off("data", onData).off("end", stop).off("close", stop);
  }
}
