import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";

export interface EmailAddress {
  email: string;
  name?: string;
}

/** One envelope: what one personalization sends. */
export interface EmailRecord {
  id: string;
  created: number;
  messageId: string;
  from: EmailAddress;
  replyTo?: EmailAddress;
  to: EmailAddress[];
  cc: EmailAddress[];
  bcc: EmailAddress[];
  subject: string;
  text?: string;
  html?: string;
  headers: Record<string, string>;
  categories: string[];
  customArgs: Record<string, string>;
  templateId?: string;
  templateData?: object;
  /** Unix seconds of a scheduled message. */
  sendAt?: number;
  attachments: { filename: string; type: string; content: string; contentId?: string }[];
}

export type SendgridRecords = ReturnType<typeof openSendgridRecords>;

export function openSendgridRecords(store: Store) {
  const emails = new Collection<EmailRecord>(store, { name: "sendgrid_email", keys: {}, compressed: true });
  store.exec(`
    create table if not exists sendgrid_recipient (
      address text not null,
      seq integer not null,
      primary key (address, seq)
    ) strict, without rowid;
  `);
  return {
    emails,
    /** Stores a message and the addresses it can be found by. */
    add(email: EmailRecord): void {
      emails.insert(email);
      const seq = emails.count();
      const addresses = [...email.to, ...email.cc, ...email.bcc].map(({ email: address }) =>
        address.toLowerCase(),
      );
      for (const address of new Set(addresses)) {
        store.prepare("insert into sendgrid_recipient (address, seq) values (?, ?)").run(address, seq);
      }
    },
    /** The newest messages to an address. */
    sentTo({
      address,
      limit,
      offset,
      after,
    }: {
      address: string;
      limit: number;
      offset: number;
      /** Only those older than this message. */
      after?: string;
    }): { items: EmailRecord[]; more: boolean } {
      const rows = store
        .prepare(
          `select id from sendgrid_recipient join sendgrid_email using (seq)
           where address = ?1 and (?2 is null or seq < (select seq from sendgrid_email where id = ?2))
           order by seq desc limit ?3 offset ?4`,
        )
        .all(address.toLowerCase(), after ?? null, limit + 1, offset);
      const items = rows.slice(0, limit).map((row) => emails.get(String(row["id"])));
      return { items: items.filter((item) => item !== undefined), more: rows.length > limit };
    },
  };
}
