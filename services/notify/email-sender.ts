/** An e-mail to one recipient. */
export interface Email {
  to: string;
  /** Empty means the shop's own address. */
  from: string;
  subject: string;
  text: string;
  /** Empty means plain text only. */
  html: string;
  /** Rowlock's id of the message; the provider shows it in its own lists. */
  messageId: string;
  /** Where its reader stops such e-mails, by a POST (RFC 8058). */
  unsubscribeUrl?: string;
}

/** A provider of e-mail. It has no idempotency: each call that it takes is an e-mail. */
export interface EmailSender {
  /** The provider's name, for errors and logs. */
  readonly name: string;
  /** No request to the provider takes longer than this, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * How much longer than other answers its webhooks may take to tell that an e-mail went out, in milliseconds; 0 when
   * none come. Until then an e-mail whose answer was lost is not sent again.
   */
  readonly doubtMs: number;
  /**
   * Hands an e-mail over; returns the provider's id of it.
   * @throws SendRefused, SendUnavailable
   */
  send(email: Email): Promise<string>;
}
