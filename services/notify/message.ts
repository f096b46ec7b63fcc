/** How a message is sent. */
export type Channel = "EMAIL" | "SMS";

/**
 * Where a message stands. PENDING → SENT, REFUSED or SUPPRESSED; SENT →
 * DELIVERED or UNDELIVERED, as the provider tells. Never backwards, but that a
 * PENDING one is FAILED when nobody tries any more, until somebody does.
 */
export type MessageState = "PENDING" | "SENT" | "REFUSED" | "SUPPRESSED" | "FAILED" | DeliveryState;

/** What becomes of a message that was sent. Both are final. */
export type DeliveryState = "DELIVERED" | "UNDELIVERED";

/** What a provider says of a message: SENT only that it took it. */
export interface Delivery {
  state: "SENT" | DeliveryState;
  /** Why it could not be delivered; empty otherwise. */
  error: string;
}

/** A message as it is stored. Its text is not: it may hold what is the customer's alone. */
export interface Message {
  id: string;
  channel: Channel;
  state: MessageState;
  /** E-mail address or phone number. */
  to: string;
  subject: string;
  eventKey: string;
  orderId: string;
  /** SHA-256 of the request that asked for it. */
  fingerprint: Uint8Array;
  providerId: string;
  error: string;
  /** How many calls have tried to send it. */
  attempts: number;
  /** While PENDING: until then it belongs to the call that sends it. */
  sendingUntil: Date | null;
  createTime: Date;
  sendTime: Date | null;
  /** The message that this one repeats; empty otherwise. */
  resendOf: string;
}

/** What is to be sent on one channel. */
export interface Draft {
  channel: Channel;
  to: string;
  /** E-mail only. */
  subject: string;
  text: string;
  /** E-mail only; may be empty. */
  html: string;
  /** E-mail only; empty means the shop's own address. */
  from: string;
  /** Only of a notice that its reader can stop: where. */
  unsubscribeUrl?: string;
}

/** A text message. */
export function smsDraft({ to, text }: { to: string; text: string }): Draft {
  return { channel: "SMS", to, subject: "", text, html: "", from: "" };
}

/** How long a provider may go on with a message after we stopped listening, in milliseconds. */
const afterthoughtMs = 10_000;

/**
 * How long a message belongs to the call that sends it, in milliseconds from
 * the sending on: the provider's whole time to answer, and as long again as it
 * may take to finish what it has begun and to tell of it. After that a text
 * message is listed, or never will be, and a webhook has had its chance to say
 * that an e-mail went out: `doubtMs` more, where the provider's webhooks may be
 * late. Together with the 12 s in which a dead worker is noticed this bounds
 * the time in which its message is taken over.
 */
export function leaseMs({ timeoutMs, doubtMs = 0 }: { timeoutMs: number; doubtMs?: number }): number {
  return timeoutMs + doubtMs + afterthoughtMs;
}
