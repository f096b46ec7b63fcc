import type { Delivery } from "./message.ts";

/** A text message to one phone. */
export interface Sms {
  /** E.164. */
  to: string;
  text: string;
}

/** A provider of text messages. It has no idempotency: callers look for an earlier message before they send again. */
export interface SmsSender {
  /** The provider's name, for errors and logs. */
  readonly name: string;
  /** No request to the provider takes longer than this, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Hands a text message over; returns the provider's id of it.
   * @throws SendRefused, SendUnavailable
   */
  send(sms: Sms): Promise<string>;
  /**
   * The provider's ids of the same text to the same phone, taken at `since` or later; the oldest first.
   * @throws SendUnavailable
   */
  find(sms: Sms & { since: Date }): Promise<string[]>;
  /**
   * What has become of a message, known by the provider's id; nothing when the provider does not know it.
   * @throws SendUnavailable
   */
  delivery(providerId: string): Promise<Delivery | undefined>;
  /**
   * When the provider received a text that somebody sent to the shop; nothing when the provider does not know it.
   * @throws SendUnavailable
   */
  receiveTime(providerId: string): Promise<Date | undefined>;
}
