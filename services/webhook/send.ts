import type { IncomingMessage } from "node:http";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Clock } from "../../lib/clock.ts";
import type { Attempt } from "./delivery.ts";
import {
  AddressRefused,
  type AddressRules,
  guardedLookup,
  isPublicAddress,
  literalAddress,
} from "./public-address.ts";

/** A message to an endpoint, signed. */
export interface Message {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** Sends a message once; fails only with the signal's reason, when it aborts. */
export type Send = (
  message: Message,
  options: { signal: AbortSignal; timeoutMs?: number },
) => Promise<Attempt>;

/** An endpoint has so long to answer; milliseconds. */
export const answerMs = 15_000;

/** Characters of an answer that are kept; as UTF-8 they have four bytes at most. */
const keptCharacters = 1_000;
const readBytes = 4 * keptCharacters;

/**
 * Sends over a connection of its own, to an address that was checked. Redirects are not followed: what an endpoint
 * points to has not been checked, and the spec has them count as failures.
 */
export function createSend({ rules, clock }: { rules: AddressRules; clock: Clock }): Send {
  return async (message, { signal, timeoutMs = answerMs }) => {
    const attemptTime = clock();
    const began = performance.now();
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = (attempt: Pick<Attempt, "statusCode" | "error" | "response">): Attempt => ({
      ...attempt,
      durationMs: Math.round(performance.now() - began),
      attemptTime,
    });
    try {
      const { statusCode, response } = await post(message, rules, AbortSignal.any([signal, timeout]));
      return ended({ statusCode, error: statusCode >= 200 && statusCode < 300 ? "" : "STATUS", response });
    } catch (err) {
      signal.throwIfAborted();
      const error =
        err instanceof AddressRefused ? "REFUSED_ADDRESS" : timeout.aborted ? "TIMEOUT" : "UNREACHABLE";
      return ended({ statusCode: 0, error, response: "" });
    }
  };
}

function post(
  { url: text, headers, body }: Message,
  rules: AddressRules,
  signal: AbortSignal,
): Promise<{ statusCode: number; response: string }> {
  const url = new URL(text);
  const literal = literalAddress(url);
  if (literal !== undefined && !rules.allowPrivate && !isPublicAddress(literal)) {
    throw new AddressRefused(`${literal} is not a public address`);
  }
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      // A connection kept for later may be closed by the other end just when it is used.
      agent: false,
      lookup: guardedLookup(rules),
      signal,
    });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      const { statusCode = 0 } = answer;
      void beginningOf(answer).then((response) => resolve({ statusCode, response }));
    });
    sent.end(body);
  });
}

/** The beginning of a body. The status is what counts: a body that breaks off ends where it did. */
async function beginningOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= readBytes) break;
    }
  } catch {
    // As far as it came.
  }
  answer.destroy();
  // Postgres keeps no NUL, and no half of a character.
  const text = Buffer.concat(chunks).toString("utf8").replaceAll("\0", "\u{fffd}");
  return text.slice(0, keptCharacters).toWellFormed();
}
