import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { hasBody } from "../transcoder/headers.ts";
import { fail as failTranscoding } from "../transcoder/reasons.ts";
import { Refusal } from "../transcoder/refusal.ts";
import { networkOf } from "./client-address.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { Refuse } from "./refuse.ts";
import { type Layer, visitOf } from "./visit.ts";

/** Forms of sign-in are small; more than this many bytes is refused, so that none is too large to be read here. */
const maxFormBytes = 64 * 1024;

/**
 * Bounds how often passwords can be tried: at one account from one address (`accounts`), and at all accounts from
 * one address (`addresses`). Not at one account from everywhere: that would let a stranger lock its owner out.
 * Counts every POST below `/v1/auth/`, whatever comes of it; the account is the form's `email`.
 */
export function limitSignIns({
  accounts,
  addresses,
  refuse,
}: {
  accounts: RateLimiter;
  addresses: RateLimiter;
  refuse: Refuse;
}): Layer {
  const check = async (request: IncomingMessage): Promise<void> => {
    const { address, headers } = visitOf(request);
    const network = networkOf(address);
    await addresses.take(network, headers);
    if (!hasBody(request)) return;
    const account = accountOf(await peekBody(request, maxFormBytes));
    if (account === undefined) return;
    // Only a digest of it leaves the process.
    await accounts.take(`${network}:${hash("sha256", account, "base64url")}`, headers);
  };
  return (next) => (request, response) => {
    if (request.method !== "POST" || !request.url?.startsWith("/v1/auth/")) return next(request, response);
    check(request).then(
      () => next(request, response),
      (err: unknown) => refuse(request, response, err),
    );
  };
}

function accountOf(body: string): string | undefined {
  let email: unknown;
  try {
    email = JSON.parse(body)?.email;
  } catch {
    email = new URLSearchParams(body).get("email");
  }
  return typeof email === "string" && email !== "" ? email.trim().toLowerCase() : undefined;
}

/**
 * Reads a body and puts it back for whoever reads the request next.
 * Errors: 413 for more than `limit` bytes; INVALID_ARGUMENT for none, of which nobody could read the end again.
 */
function peekBody(request: IncomingMessage, limit: number): Promise<string> {
  const tooLarge = () =>
    new Refusal({ status: 413, error: failTranscoding("BODY_TOO_LARGE", { limit: String(limit) }) });
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (end: () => void) => {
      request.off("readable", onReadable).off("end", onEnd).off("close", onClose);
      end();
    };
    function onReadable(): void {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) {
        chunks.push(chunk as Buffer);
        size += (chunk as Buffer).length;
        if (size > limit) return finish(() => reject(tooLarge()));
      }
      if (!request.complete || size === 0) return;
      const body = Buffer.concat(chunks);
      // In the same turn in which the last byte was read: after it the stream would be at its end for good.
      request.unshift(body);
      finish(() => resolve(body.toString()));
    }
    function onEnd(): void {
      finish(() => reject(invalidArgument([{ field: "", description: "a body is missing" }])));
    }
    function onClose(): void {
      finish(() => reject(failTranscoding("CLIENT_GONE", {})));
    }
    request.on("readable", onReadable).on("end", onEnd).on("close", onClose);
    if (request.readableLength > 0) onReadable();
  });
}
