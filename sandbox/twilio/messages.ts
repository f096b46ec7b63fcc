import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import { segmentsOf } from "./segments.ts";

export interface MessageRecord {
  id: string;
  created: number;
  account: string;
  to: string;
  from?: string;
  service?: string;
  body: string;
  media: string[];
  /** When a scheduled message is due, in milliseconds. */
  sendAt?: number;
  statusCallback?: string;
}

export type TwilioRecords = ReturnType<typeof openTwilioRecords>;

export function openTwilioRecords(store: Store) {
  return {
    messages: new Collection<MessageRecord, "to" | "from">(store, {
      name: "twilio_message",
      keys: { to: (message) => message.to, from: (message) => message.from },
    }),
  };
}

export type MessageStatus = "accepted" | "scheduled" | "queued" | "sent" | "delivered";

/** A message is queued for a second and delivered two seconds later: its state follows from its age. */
export function statusOf(message: MessageRecord, now: number): MessageStatus {
  if (message.sendAt !== undefined && now < message.sendAt) return "scheduled";
  const age = now - (message.sendAt ?? message.created);
  if (age < 1000) return message.service ? "accepted" : "queued";
  return age < 3000 ? "sent" : "delivered";
}

/** A message as Twilio shows it at the time `now`. */
export function renderMessage(message: MessageRecord, { now }: { now: number }): object {
  const status = statusOf(message, now);
  const base = `/2010-04-01/Accounts/${message.account}/Messages/${message.id}`;
  const begun = message.sendAt ?? message.created;
  const date = (time: number) => new Date(time).toUTCString().replace("GMT", "+0000");
  return {
    account_sid: message.account,
    api_version: "2010-04-01",
    body: message.body,
    date_created: date(message.created),
    date_sent: status === "sent" || status === "delivered" ? date(begun + 1000) : null,
    date_updated: date(status === "delivered" ? begun + 3000 : message.created),
    direction: "outbound-api",
    error_code: null,
    error_message: null,
    from: message.from ?? null,
    messaging_service_sid: message.service ?? null,
    num_media: String(message.media.length),
    num_segments: message.service && status === "accepted" ? "0" : String(segmentsOf(message.body)),
    price: null,
    price_unit: "USD",
    sid: message.id,
    status,
    subresource_uris: { media: `${base}/Media.json` },
    to: message.to,
    uri: `${base}.json`,
  };
}
