import { newId } from "../../../lib/ids/ids.ts";
import type { Email, EmailSender } from "../email-sender.ts";
import type { Delivery } from "../message.ts";
import type { Sms, SmsSender } from "../sms-sender.ts";

/** A provider of e-mail that keeps what it took, and fails as it is told to. */
export class FakeEmailSender implements EmailSender {
  readonly name = "Mail";
  readonly timeoutMs = 10_000;
  readonly doubtMs = 60_000;
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
  /** What became of each message, by the provider's id. */
  readonly deliveries = new Map<string, Delivery>();
  /** When it received each text that somebody sent to the shop, by the provider's id. */
  readonly received = new Map<string, Date>();
  /** Runs in place of the next sending. */
  next: (() => Promise<string>) | undefined;
  // No provider gives an id twice, also not to another test on the same database.
  readonly #ids = newId("sms");

  /** The id of the nth message that was taken, from 1. */
  idOf(n: number): string {
    return `${this.#ids}_${n}`;
  }

  async send(sms: Sms): Promise<string> {
    const instead = this.next;
    this.next = undefined;
    if (instead !== undefined) return instead();
    this.taken.push(sms);
    return this.idOf(this.taken.length);
  }

  async find({ to, text }: Sms): Promise<string[]> {
    this.lookups++;
    return this.taken.flatMap((sms, i) => (sms.to === to && sms.text === text ? [this.idOf(i + 1)] : []));
  }

  async delivery(providerId: string): Promise<Delivery | undefined> {
    return this.deliveries.get(providerId);
  }

  async receiveTime(providerId: string): Promise<Date | undefined> {
    return this.received.get(providerId);
  }
}
