import { defineWebhookQueue, type StoredEvent } from "../../lib/webhooks/index.ts";
import { sendgridDelivery } from "./sendgrid-webhook.ts";
import type { NotifyDeps } from "./service.ts";
import { markDelivery } from "./store.ts";

/** Applies what SendGrid and Twilio have told. */
export const notifyWebhooks = defineWebhookQueue("notify");

/** What the providers' messages are checked with. What is empty has every message of that provider refused. */
export interface WebhookSecrets {
  /** The verification key as SendGrid shows it: base64 of its DER. */
  sendgridPublicKey: string;
  twilioAuthToken: string;
  /** The address that Twilio calls, without a slash at its end. */
  publicUrl: string;
}

/** Moves the message that an event is about forward. */
export async function applyDelivery(deps: NotifyDeps, event: StoredEvent): Promise<void> {
  if (event.provider === "sendgrid") return applySendgrid(deps, event);
  return applyTwilio(deps, event);
}

/** SendGrid cannot be asked: its events are all there is. They carry the message's id, which e-mails of others do not. */
async function applySendgrid(
  { db, clock }: NotifyDeps,
  { type, subject, payload }: StoredEvent,
): Promise<void> {
  const { message_id: id, reason } = payload as { message_id?: unknown; reason?: unknown };
  const delivery = sendgridDelivery(type, reason);
  if (typeof id !== "string" || id === "" || delivery === undefined) return;
  await markDelivery(db, { id, channel: "EMAIL", providerId: subject, delivery, now: clock() });
}

/** Attempts, over half a minute or more, in which the call that sent the message may yet record the provider's id of it. */
const patience = 6;

async function applyTwilio(
  { db, clock, sms }: NotifyDeps,
  { subject, attempts }: StoredEvent,
): Promise<void> {
  const delivery = await sms.delivery(subject);
  if (delivery === undefined) return;
  const known = await markDelivery(db, {
    id: "",
    channel: "SMS",
    providerId: subject,
    delivery,
    now: clock(),
  });
  // Then it is a message of somebody else on the same account.
  if (!known && attempts < patience) throw new Error("no message has this id yet");
}
