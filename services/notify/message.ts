/** How a message is sent. */
export type Channel = "EMAIL" | "SMS";

/** Where a message stands. PENDING → SENT or REFUSED; both are final. */
export type MessageState = "PENDING" | "SENT" | "REFUSED";

/** A message as it is stored. Its text is not: it holds what is the customer's alone. */
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
}

/** A text message. */
export function smsDraft({ to, text }: { to: string; text: string }): Draft {
  return { channel: "SMS", to, subject: "", text, html: "", from: "" };
}

/**
 * How long a message belongs to the call that sends it, in milliseconds: a
 * look-up and a sending that both take the provider's whole time, and some
 * seconds for the statements around them and for clocks that differ.
 */
export function leaseMs({ timeoutMs }: { timeoutMs: number }): number {
  return 2 * timeoutMs + 5_000;
}
