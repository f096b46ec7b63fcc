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
  /** Somebody's answer to a text of the shop. */
  inbound?: true;
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

export type MessageStatus =
  | "accepted"
  | "scheduled"
  | "queued"
  | "sent"
  | "delivered"
  | "undelivered"
  | "received";

/** Ages, in milliseconds, at which a message is sent and at which it has arrived or not. */
export const SENT_AFTER_MS = 1000;
export const END_AFTER_MS = 3000;

/** A phone that is switched off; the sandbox's own number, since Twilio has none for it. */
const UNREACHABLE = "+15005550030";

/** How a message ends; `code` is Twilio's number of what went wrong. */
export function endOf({ to }: MessageRecord): {
  status: "delivered" | "undelivered";
  code?: number;
  reason?: string;
} {
  if (to !== UNREACHABLE) return { status: "delivered" };
  return { status: "undelivered", code: 30003, reason: "Unreachable destination handset" };
}

/** A message is queued for a second and arrives two seconds later: its state follows from its age. */
export function statusOf(message: MessageRecord, now: number): MessageStatus {
  if (message.inbound) return "received";
  if (message.sendAt !== undefined && now < message.sendAt) return "scheduled";
  const age = now - (message.sendAt ?? message.created);
  if (age < SENT_AFTER_MS) return message.service ? "accepted" : "queued";
  return age < END_AFTER_MS ? "sent" : endOf(message).status;
}

/** A message as Twilio shows it at the time `now`. */
export function renderMessage(message: MessageRecord, { now }: { now: number }): object {
  const status = statusOf(message, now);
  const base = `/2010-04-01/Accounts/${message.account}/Messages/${message.id}`;
  const ended = status === "delivered" || status === "undelivered" || status === "received";
  const begun = message.sendAt ?? message.created;
  const date = (time: number) => new Date(time).toUTCString().replace("GMT", "+0000");
  return {
    account_sid: message.account,
    api_version: "2010-04-01",
    body: message.body,
    date_created: date(message.created),
    date_sent: status === "sent" || ended ? date(begun + SENT_AFTER_MS) : null,
    date_updated: date(ended ? begun + END_AFTER_MS : message.created),
    direction: message.inbound ? "inbound" : "outbound-api",
    error_code: (status === "undelivered" && endOf(message).code) || null,
    error_message: (status === "undelivered" && endOf(message).reason) || null,
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
