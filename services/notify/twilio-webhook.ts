import { failWebhook, type IncomingEvent } from "../../lib/webhooks/index.ts";
import type { Delivery } from "./message.ts";
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
 * The event in a message of Twilio's: a new status of a text message. It has no id of its own, but a message has each
 * status once.
 * Errors: WEBHOOK_MALFORMED.
 */
export function readTwilioEvent(form: Record<string, string | string[]>): IncomingEvent {
  const { MessageSid: sid, MessageStatus: status } = form;
  if (typeof sid !== "string" || sid === "" || typeof status !== "string" || status === "") {
    throw failWebhook("WEBHOOK_MALFORMED", {
      provider: "twilio",
      description: "it is no status of a message",
    });
  }
  return {
    provider: "twilio",
    providerEventId: `${sid}:${status}`,
    type: `message.${status}`,
    subject: sid,
    payload: form,
  };
}

/** What the fields of an event say of its message when that is Twilio's last word; nothing otherwise. */
export function finalDelivery({
  MessageStatus: status,
  ErrorCode: code,
}: Record<string, string | string[]>): Delivery | undefined {
  const delivery = toDelivery(String(status), Number(code) || null);
  return delivery.state === "SENT" ? undefined : delivery;
}
