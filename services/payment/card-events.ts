import type { IncomingEvent } from "../../lib/webhooks/index.ts";

/** Reads the messages that a provider of card payments sends. */
export interface CardEvents {
  /**
   * The event in a message.
   *
   * @throws WEBHOOK_SIGNATURE_INVALID, WEBHOOK_MALFORMED.
   */
  read(message: { body: Uint8Array; signature: string }): IncomingEvent;
}

/** What is kept of an event: whose it is. The rest is asked for, and a client secret is nothing to keep. */
export interface CardEventPayload {
  /** Our payment's id, when the event names it. */
  paymentId: string;
}
