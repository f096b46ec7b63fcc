import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { excerpt } from "../../lib/one-line.ts";
import { failWebhook, type IncomingEvent } from "../../lib/webhooks/index.ts";
import type { Delivery } from "./message.ts";
import type { SuppressionReason, Word } from "./suppression.ts";

/**
 * SendGrid's key from the form in which it is shown; nothing when that is empty.
 * @throws TypeError when it is no key
 */
export function readSendgridKey(base64: string): KeyObject | undefined {
  if (base64 === "") return undefined;
  try {
    return createPublicKey({ key: Buffer.from(base64, "base64"), format: "der", type: "spki" });
  } catch (err) {
    throw new TypeError("SendGrid's verification key is not the base64 of a public key", { cause: err });
  }
}

/** Whether SendGrid signed the message: ECDSA on P-256 with SHA-256, over the time and the raw body. */
export function isSignedBySendgrid(
  key: KeyObject | undefined,
  { signature, timestamp, body }: { signature: string; timestamp: string; body: Uint8Array },
): boolean {
  if (key === undefined) return false;
  return verify(
    "sha256",
    Buffer.concat([Buffer.from(timestamp), body]),
    key,
    Buffer.from(signature, "base64"),
  );
}

/** Whether a time of signing is now, give or take five minutes; what was signed longer ago may be a repetition. */
export function isRecent(unixSeconds: string, clock: Clock): boolean {
  if (!/^\d{1,12}$/.test(unixSeconds)) return false;
  return Math.abs(clock().getTime() - Number(unixSeconds) * 1_000) <= 5 * 60_000;
}

/** The events in a message of SendGrid's. Errors: WEBHOOK_MALFORMED. */
export function readSendgridEvents(body: Uint8Array): IncomingEvent[] {
  let events: unknown;
  try {
    events = JSON.parse(Buffer.from(body).toString());
  } catch {
    throw malformed("it is no JSON");
  }
  if (!Array.isArray(events)) throw malformed("it is no list");
  return events.map((payload: unknown) => {
    if (typeof payload !== "object" || payload === null) throw malformed("an event is no object");
    const { sg_event_id: id, event: type, sg_message_id: messageId } = payload as Record<string, unknown>;
    return {
      provider: "sendgrid",
      providerEventId: typeof id === "string" ? id : "",
      type: typeof type === "string" ? type : "",
      // What the sending was answered with is the part before the first dot.
      subject: typeof messageId === "string" ? messageId.replace(/\..*$/s, "") : "",
      payload,
    };
  });
}

/** What an event says of its e-mail; nothing when it is not about its delivery. */
export function sendgridDelivery(type: string, reason: unknown): Delivery | undefined {
  switch (type) {
    case "processed":
    case "deferred":
      return { state: "SENT", error: "" };
    // Whoever opens or reports an e-mail has it, also when the news of its delivery was lost.
    case "delivered":
    case "open":
    case "click":
    case "spamreport":
      return { state: "DELIVERED", error: "" };
    case "bounce":
    case "dropped":
      return { state: "UNDELIVERED", error: (typeof reason === "string" && excerpt(reason)) || type };
    default:
      return undefined;
  }
}

/**
 * What an event says of its address: that it bounced for good, complained, or is on SendGrid's list of such. A message
 * that was blocked or deferred, or dropped for what is in it, says nothing of that. SendGrid's times are whole seconds.
 */
export function wordOfSendgrid({ provider, type, payload }: IncomingEvent, now: Date): Word | undefined {
  if (provider !== "sendgrid") return undefined;
  const { email, reason: detail, type: kind, timestamp } = payload as Record<string, unknown>;
  const reason = reasonOf({ type, kind, detail });
  if (reason === undefined || typeof email !== "string" || !/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(email)) {
    return undefined;
  }
  const said = typeof timestamp === "number" ? timestamp * 1_000 : Number.NaN;
  return {
    ...{ channel: "EMAIL", address: email, reason, active: true },
    detail: typeof detail === "string" ? excerpt(detail) : "",
    saidTime: new Date(said > 0 && said < now.getTime() ? said : now),
  };
}

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event has the types and reasons. */
function reasonOf({
  type,
  kind,
  detail,
}: {
  type: string;
  kind: unknown;
  detail: unknown;
}): SuppressionReason | undefined {
  switch (type) {
    case "spamreport":
      return "COMPLAINED";
    case "bounce":
      return kind === "blocked" ? undefined : "BOUNCED";
    case "dropped":
      if (detail === "Bounced Address" || detail === "Invalid") return "BOUNCED";
      return detail === "Spam Reporting Address" ? "COMPLAINED" : undefined;
    default:
      return undefined;
  }
}

function malformed(description: string): Error {
  return failWebhook("WEBHOOK_MALFORMED", { provider: "sendgrid", description });
}
