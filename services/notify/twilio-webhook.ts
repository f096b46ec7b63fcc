import { failWebhook, type IncomingEvent } from "../../lib/webhooks/index.ts";
import type { Delivery } from "./message.ts";
import type { Word } from "./suppression.ts";
import { toDelivery } from "./twilio-status.ts";

/** The fields of a form. A name that comes several times has a list. */
export function readForm(body: Uint8Array): Record<string, string | string[]> {
  const form = new URLSearchParams(Buffer.from(body).toString());
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

/** Whether Twilio signed the message: the address it called, and the form's fields. */
export async function isSignedByTwilio(
  authToken: string,
  { signature, url, form }: { signature: string; url: string; form: Record<string, string | string[]> },
): Promise<boolean> {
  if (authToken === "" || signature === "") return false;
  // Loaded when it is needed: a process without Notify is spared the SDK.
  const { default: twilio } = await import("twilio");
  return twilio.validateRequest(authToken, signature, url, form);
}

/**
 * The event in a message of Twilio's: a new status of a text message, or a text that somebody sent to the shop. It has
 * no id of its own, but a message has each status once. Of what somebody wrote only the word is kept that stops or
 * starts messages.
 * Errors: WEBHOOK_MALFORMED.
 */
export function readTwilioEvent(form: Record<string, string | string[]>): IncomingEvent {
  const { MessageSid: sid, MessageStatus: status, SmsStatus: smsStatus, From: from } = form;
  if (typeof sid !== "string" || sid === "") throw malformed();
  if (status === undefined && smsStatus === "received" && typeof from === "string") {
    const payload = { MessageSid: sid, word: keywordOf(form) };
    return {
      ...{ provider: "twilio", providerEventId: `${sid}:received`, type: receivedType },
      subject: from,
      payload,
    };
  }
  if (typeof status !== "string" || status === "") throw malformed();
  return {
    provider: "twilio",
    providerEventId: `${sid}:${status}`,
    type: `message.${status}`,
    subject: sid,
    payload: form,
  };
}

const receivedType = "message.received";

/** Whether an event is a text that somebody sent to the shop. */
export function isReceived({ provider, type }: IncomingEvent): boolean {
  return provider === "twilio" && type === receivedType;
}

/** What a text to the shop says of its sender's number; nothing when it is about something else. */
export function wordOfText({ subject: address, payload }: IncomingEvent): TextWord | undefined {
  const { MessageSid: sid, word } = payload as { MessageSid: string; word: string };
  if (word === "" || !/^\+[1-9]\d{6,14}$/.test(address)) return undefined;
  return { sid, channel: "SMS", address, reason: "OPTED_OUT", detail: "", active: word === "STOP" };
}

/** A word, and the text that said it; when, knows Twilio. */
type TextWord = Omit<Word, "saidTime"> & { sid: string };

/** Twilio's words by default, the whole of a text: https://help.twilio.com/articles/223134027. */
const keywords: Readonly<Record<"STOP" | "START", readonly string[]>> = {
  STOP: ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
  START: ["START", "YES", "UNSTOP"],
};

/** STOP or START; empty for all else. A Messaging Service with words of its own says itself which it took a text for. */
function keywordOf({ OptOutType: type, Body: body }: Record<string, string | string[]>): string {
  const said = String(type ?? body)
    .trim()
    .toUpperCase();
  return (["STOP", "START"] as const).find((word) => keywords[word].includes(said)) ?? "";
}

function malformed(): Error {
  const description = "it is neither a status of a message nor a message";
  return failWebhook("WEBHOOK_MALFORMED", { provider: "twilio", description });
}

/** What the fields of an event say of its message when that is Twilio's last word; nothing otherwise. */
export function finalDelivery({
  MessageStatus: status,
  ErrorCode: code,
}: Record<string, string | string[]>): Delivery | undefined {
  const delivery = toDelivery(String(status), Number(code) || null);
  return delivery.state === "SENT" ? undefined : delivery;
}
