import type { Tx } from "../../lib/db/index.ts";
import { defineWebhookQueue, type IncomingEvent, type StoredEvent } from "../../lib/webhooks/index.ts";
import { sendgridDelivery, wordOfSendgrid } from "./sendgrid-webhook.ts";
import type { NotifyDeps } from "./service.ts";
import { markDeliveries, type Told } from "./store.ts";
import { recordWords } from "./store-suppression.ts";
import { withinSecond } from "./suppression.ts";
import { finalDelivery, isReceived, wordOfText } from "./twilio-webhook.ts";

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

/**
 * Takes over what the events say where nobody needs to be asked: SendGrid cannot be, and Twilio's last word on a text
 * is known by its event. Left over are a text still on its way, and one whose call has not recorded Twilio's id yet.
 */
export async function settleDeliveries(
  { clock }: Pick<NotifyDeps, "clock">,
  tx: Tx,
  events: readonly IncomingEvent[],
): Promise<ReadonlySet<IncomingEvent>> {
  const now = clock();
  const words = events.flatMap((event) => wordOfSendgrid(event, now) ?? []);
  await recordWords(tx, words);
  const telling = events.flatMap((event) => {
    const told = event.provider === "sendgrid" ? toldBySendgrid(event) : toldByTwilio(event);
    return told === undefined ? [] : [{ event, told }];
  });
  const known =
    telling.length === 0 ? [] : await markDeliveries(tx, { told: telling.map(({ told }) => told), now });
  const settled = new Set(events.filter((event) => event.provider === "sendgrid"));
  telling.forEach(({ event }, i) => {
    if (known[i] === true) settled.add(event);
  });
  return settled;
}

/** Moves the message that an event is about forward, and records what its address is told to be. */
export async function applyDelivery(deps: NotifyDeps, event: StoredEvent): Promise<void> {
  const { db, clock } = deps;
  if (isReceived(event)) return applyText(deps, event);
  if (event.provider !== "sendgrid") return applyTwilio(deps, event);
  const told = toldBySendgrid(event);
  const word = wordOfSendgrid(event, clock());
  if (told !== undefined) await markDeliveries(db, { told: [told], now: clock() });
  if (word !== undefined) await recordWords(db, [word]);
}

/**
 * Takes STOP and START for what they say, each for its time: Twilio is asked, since its events have none. It knows the
 * second; of the same one, the text that came here later was said later.
 */
async function applyText({ db, sms }: NotifyDeps, event: StoredEvent): Promise<void> {
  const said = wordOfText(event);
  if (said === undefined) return;
  const { sid, ...word } = said;
  const second = await sms.receiveTime(sid);
  // One that Twilio does not know was never said.
  if (second === undefined) return;
  await recordWords(db, [
    { ...word, saidTime: withinSecond({ second, receiveTime: event.receiveTime, active: word.active }) },
  ]);
}

/** SendGrid's events carry the message's id, which e-mails of others do not. */
function toldBySendgrid({ type, subject, payload }: IncomingEvent): Told | undefined {
  const { message_id: id, reason } = payload as { message_id?: unknown; reason?: unknown };
  const delivery = sendgridDelivery(type, reason);
  if (typeof id !== "string" || !/^\w{1,64}$/.test(id) || delivery === undefined) return undefined;
  return { id, channel: "EMAIL", providerId: subject, delivery };
}

function toldByTwilio(event: IncomingEvent): Told | undefined {
  if (isReceived(event)) return undefined;
  const { subject, payload } = event;
  const delivery = finalDelivery(payload as Record<string, string | string[]>);
  return delivery && { id: "", channel: "SMS", providerId: subject, delivery };
}

/** Attempts, over half a minute or more, in which the call that sent the message may yet record the provider's id of it. */
const patience = 6;

async function applyTwilio(
  { db, clock, sms }: NotifyDeps,
  { subject, attempts }: StoredEvent,
): Promise<void> {
  const delivery = await sms.delivery(subject);
  if (delivery === undefined) return;
  const [known] = await markDeliveries(db, {
    told: [{ id: "", channel: "SMS", providerId: subject, delivery }],
    now: clock(),
  });
  // Then it is a message of somebody else on the same account.
  if (known !== true && attempts < patience) throw new Error("no message has this id yet");
}
