import type { Email, EmailSender } from "../email-sender.ts";
import type { Sms, SmsSender } from "../sms-sender.ts";

/** A provider of e-mail that keeps what it took, and fails as it is told to. */
export class FakeEmailSender implements EmailSender {
  readonly name = "Mail";
  readonly timeoutMs = 10_000;
  readonly taken: Email[] = [];
  /** Runs in place of the next sending. */
  next: (() => Promise<string>) | undefined;

  async send(email: Email): Promise<string> {
    const instead = this.next;
    this.next = undefined;
    if (instead !== undefined) return instead();
    this.taken.push(email);
    return `mail_${this.taken.length}`;
  }
}

/** The same for text messages. */
export class FakeSmsSender implements SmsSender {
  readonly name = "Phone";
  readonly timeoutMs = 10_000;
  readonly taken: Sms[] = [];
  lookups = 0;
  /** Runs in place of the next sending. */
  next: (() => Promise<string>) | undefined;

  async send(sms: Sms): Promise<string> {
    const instead = this.next;
    this.next = undefined;
    if (instead !== undefined) return instead();
    this.taken.push(sms);
    return `sms_${this.taken.length}`;
  }

  async find({ to, text }: Sms): Promise<string | undefined> {
    this.lookups++;
    const at = this.taken.findIndex((sms) => sms.to === to && sms.text === text);
    return at < 0 ? undefined : `sms_${at + 1}`;
  }
}
