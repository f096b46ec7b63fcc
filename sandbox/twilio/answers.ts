import { timedHex } from "../ids.ts";
import type { Store } from "../store/store.ts";
import type { Tell } from "../webhooks/targets.ts";
import type { MessageRecord, TwilioRecords } from "./messages.ts";

/** Twilio's words by default, the whole of a text (help.twilio.com/articles/223134027). */
const STOP = new Set(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]);
const START = new Set(["START", "YES", "UNSTOP"]);
/** More answers than anybody gives before they are heard. */
const LOOK_BACK = 1000;

/**
 * Plays whoever has the phone: answers a text of the shop, which is told where it is told of that text. Undefined when
 * there is no such text, or it is an answer itself.
 */
export function answerText(
  { store, records, tell, now }: { store: Store; records: TwilioRecords; tell: Tell; now: () => number },
  { id, body }: { id: string; body: string },
): MessageRecord | undefined {
  const text = records.messages.get(id);
  if (text?.from === undefined || text.inbound) return undefined;
  const { account, from: to, to: from, statusCallback: url } = text;
  const answer = { account, to, from, body, media: [], inbound: true } as const;
  return store.write(() => {
    const made = records.messages.insert({ ...answer, media: [], id: `SM${timedHex(32)}`, created: now() });
    tell({ vendor: "twilio", subject: made.id, type: "received", ...(url !== undefined && { url }) });
    return made;
  });
}

/** Whether the phone's last word to a sender was STOP: Twilio takes no more texts from that sender to it. */
export function hasStopped(
  { messages }: TwilioRecords,
  { phone, sender }: { phone: string; sender: string },
): boolean {
  const { items } = messages.page({ where: { from: phone, to: sender }, limit: LOOK_BACK });
  const words = items.map(({ body }) => body.trim().toUpperCase());
  return STOP.has(words.find((word) => STOP.has(word) || START.has(word)) ?? "");
}
