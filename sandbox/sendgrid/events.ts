import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
} from "node:crypto";
import type { Settings } from "../store/settings.ts";
import type { Sender } from "../webhooks/deliveries.ts";
import type { Tell } from "../webhooks/targets.ts";
import type { EmailRecord, SendgridRecords } from "./records.ts";

/** The key pair that signs events: ECDSA on P-256, as SendGrid's. */
export interface SendgridKeys {
  privateKey: KeyObject;
  /** Base64 of the DER form, as SendGrid's settings show it. */
  publicKey: string;
}

const SETTING = "sendgrid_webhook_key";

/** The key pair of this data folder, made at first use. */
export function openSendgridKeys(settings: Settings): SendgridKeys {
  const saved = settings.get(SETTING);
  const privateKey =
    saved === undefined
      ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
      : createPrivateKey(saved);
  if (saved === undefined) {
    settings.set(SETTING, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  }
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { privateKey, publicKey: publicKey.toString("base64") };
}

/** The last events of mail to addresses that begin so; others are delivered. */
const ENDS = {
  bounce: {
    event: "bounce",
    type: "bounce",
    status: "5.1.1",
    reason: "550 5.1.1 The email account that you tried to reach does not exist.",
    bounce_classification: "Invalid Address",
    tls: 1,
  },
  blocked: {
    event: "bounce",
    type: "blocked",
    status: "5.7.1",
    reason: "550 5.7.1 The message was refused by the receiver's policy.",
    bounce_classification: "Content",
    tls: 1,
  },
  dropped: { event: "dropped", reason: "Bounced Address" },
  spamreport: { event: "spamreport" },
} as const;

const DELIVERED = { event: "delivered", response: "250 OK", tls: 1 };

function endOf(address: string): { event: string } {
  const local = address.slice(0, address.indexOf("@")).split("+")[0]?.toLowerCase() ?? "";
  return Object.hasOwn(ENDS, local) ? ENDS[local as keyof typeof ENDS] : DELIVERED;
}

/**
 * Tells of a message what became of it: one webhook for each envelope, with the events of all its recipients, as
 * SendGrid sends them together. The webhook's type is the last event of the first recipient.
 */
export function tellOfEmail(tell: Tell, email: EmailRecord): void {
  tell({ vendor: "sendgrid", subject: email.id, type: endOf(email.to[0]?.email ?? "").event });
}

/** Bodies and signatures of event webhooks (www.twilio.com/docs/sendgrid/for-developers/tracking-events/event). */
export function sendgridSender({
  records,
  keys,
  now,
}: {
  records: SendgridRecords;
  keys: SendgridKeys;
  now: () => number;
}): Sender {
  return ({ subject, detail }) => {
    const email = records.emails.get(subject);
    if (!email) return undefined;
    const events = detail === undefined ? eventsOf(email) : [laterEvent(email, JSON.parse(detail) as Later)];
    const body = `${JSON.stringify(events)}\r\n`;
    const timestamp = String(Math.floor(now() / 1000));
    return {
      body,
      headers: {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "SendGrid Event API",
        "x-twilio-email-event-webhook-timestamp": timestamp,
        "x-twilio-email-event-webhook-signature": sign(
          "sha256",
          Buffer.from(timestamp + body),
          keys.privateKey,
        ).toString("base64"),
      },
    };
  };
}

/** What may still become of a message that has arrived. */
export const LATER_EVENTS = ["bounce", "spamreport"] as const;

interface Later {
  event: (typeof LATER_EVENTS)[number];
  /** Milliseconds since the epoch. */
  at: number;
}

/** Tells that a message bounced after all, or that its first recipient reported it as spam. */
export function tellLater(tell: Tell, email: EmailRecord, later: Later): void {
  tell({ vendor: "sendgrid", subject: email.id, type: later.event, detail: JSON.stringify(later) });
}

function laterEvent(email: EmailRecord, { event, at }: Later): object {
  const address = email.to[0]?.email ?? "";
  const id = hash("sha256", `${email.id} ${address} ${event} ${at}`, "base64url").slice(0, 22);
  const about = aboutOf(email, { address, event, id, timestamp: Math.floor(at / 1000) });
  return { ...email.customArgs, ...about, ...ENDS[event] };
}

function aboutOf(
  email: EmailRecord,
  { address, event, id, timestamp }: { address: string; event: string; id: string; timestamp: number },
) {
  return {
    email: address,
    timestamp,
    "smtp-id": `<${email.messageId}@geopod-ismtpd-sandbox>`,
    sg_event_id: id,
    sg_message_id: `${email.messageId}.recvd-sandbox-0`,
    ...(email.categories.length > 0 && { category: email.categories }),
    event,
  };
}

function eventsOf(email: EmailRecord): object[] {
  const second = Math.floor(email.created / 1000);
  const recipients = [...email.to, ...email.cc, ...email.bcc];
  return recipients.flatMap(({ email: address }) => {
    const end = endOf(address);
    const about = (event: string, timestamp: number) => {
      const id = hash("sha256", `${email.id} ${address} ${event}`, "base64url").slice(0, 22);
      return aboutOf(email, { address, event, id, timestamp });
    };
    // A recipient on the list of bounces is dropped before the message is processed.
    const last = { ...about(end.event, second + 1), ...end };
    const processed = about("processed", second);
    const all =
      end.event === "dropped"
        ? [last]
        : end.event === "spamreport"
          ? [processed, { ...about("delivered", second), ...DELIVERED }, last]
          : [processed, last];
    return all.map((event) => ({ ...email.customArgs, ...event }));
  });
}
