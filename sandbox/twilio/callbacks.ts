import { createHmac } from "node:crypto";
import type { Sender } from "../webhooks/deliveries.ts";
import type { Tell } from "../webhooks/targets.ts";
import { END_AFTER_MS, endOf, type MessageRecord, SENT_AFTER_MS, type TwilioRecords } from "./messages.ts";
import { segmentsOf } from "./segments.ts";

/** Tells of a text when it is sent and when it has arrived or not; Twilio does not tell of the first status. */
export function tellOfMessage(tell: Tell, message: MessageRecord): void {
  const wait = Math.max(0, (message.sendAt ?? message.created) - message.created);
  for (const [status, afterMs] of [
    ["sent", wait + SENT_AFTER_MS],
    [endOf(message).status, wait + END_AFTER_MS],
  ] as const) {
    const { id: subject, statusCallback: url } = message;
    tell({ vendor: "twilio", subject, type: status, afterMs, ...(url !== undefined && { url }) });
  }
}

/** Forms and signatures of answers and of status callbacks (www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks). */
export function twilioSender({ records, authToken }: { records: TwilioRecords; authToken: string }): Sender {
  return ({ subject, type, url }) => {
    const message = records.messages.get(subject);
    if (!message) return undefined;
    const params = message.inbound ? answerParams(message) : statusParams(message, type);
    return {
      body: new URLSearchParams(params).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "user-agent": "TwilioProxy/1.1",
        "x-twilio-signature": signature({ url, params, authToken }),
      },
    };
  };
}

/** What Twilio sends of a new status. */
function statusParams(message: MessageRecord, type: string): Record<string, string> {
  const { code } = endOf(message);
  return {
    AccountSid: message.account,
    ApiVersion: "2010-04-01",
    ...(type === "undelivered" && code !== undefined && { ErrorCode: String(code) }),
    ...(message.from !== undefined && { From: message.from }),
    MessageSid: message.id,
    MessageStatus: type,
    ...(message.service !== undefined && { MessagingServiceSid: message.service }),
    SmsSid: message.id,
    SmsStatus: type,
    To: message.to,
  };
}

/** What Twilio sends of a text to the shop's number (www.twilio.com/docs/messaging/guides/webhook-request). */
function answerParams({ account, id, from = "", to, body }: MessageRecord): Record<string, string> {
  return {
    AccountSid: account,
    ApiVersion: "2010-04-01",
    Body: body,
    From: from,
    MessageSid: id,
    NumMedia: "0",
    NumSegments: String(segmentsOf(body)),
    SmsMessageSid: id,
    SmsSid: id,
    SmsStatus: "received",
    To: to,
  };
}

/** HMAC-SHA1 over the URL and the parameters in order of their names (www.twilio.com/docs/usage/security). */
function signature({
  url,
  params,
  authToken,
}: {
  url: string;
  params: Record<string, string>;
  authToken: string;
}): string {
  const names = Object.keys(params).toSorted();
  const text = url + names.map((name) => name + params[name]).join("");
  return createHmac("sha1", authToken).update(text).digest("base64");
}
