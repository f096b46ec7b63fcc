import { neverSent } from "../../lib/circuit/never-sent.ts";
import { within } from "../../lib/within.ts";

/** The provider will never take this message. The message of the error is the provider's own and may be shown. */
export class SendRefused extends Error {
  override readonly name = "SendRefused";
  /** Whether the provider takes no message at all to this recipient, who does not want any. */
  readonly optedOut: boolean;

  constructor(message: string, { optedOut = false }: { optedOut?: boolean } = {}) {
    super(message);
    this.optedOut = optedOut;
  }
}

/** The provider gave no usable answer, or will take the message later; the call may be repeated. */
export class SendUnavailable extends Error {
  override readonly name = "SendUnavailable";
  /** Whether the request may still be at work at the provider: it was sent, and no answer was seen. */
  readonly pending: boolean;

  constructor(message: string, { pending }: { pending: boolean }) {
    super(message);
    this.pending = pending;
  }
}

/**
 * A failure below HTTP. The HTTP client's errors hold the request with its
 * credentials, so they are not kept: the code says what there is to know.
 */
export function toUnreachable(provider: string, err: unknown): SendUnavailable {
  const code = (err as { code?: unknown } | null | undefined)?.code;
  const why = typeof code === "string" ? code : err instanceof Error ? err.name : "an unknown failure";
  return new SendUnavailable(`${provider} could not be asked: ${why}`, { pending: !neverSent(why) });
}

/**
 * The answer, when it is whole within the time. The HTTP client's own timeout starts anew with each byte that arrives,
 * so an answer that trickles would outlast every lease; the connection is left to that timeout.
 */
export function inTime<T>(
  answer: Promise<T>,
  { timeoutMs, provider }: { timeoutMs: number; provider: string },
): Promise<T> {
  return within(answer, {
    ms: timeoutMs,
    late: () => {
      const message = `${provider} gave no whole answer within ${timeoutMs} ms`;
      throw new SendUnavailable(message, { pending: true });
    },
  });
}
