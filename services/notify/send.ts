import { excerpt } from "../../lib/one-line.ts";
import { type Draft, leaseMs, type Message } from "./message.ts";
import { fail } from "./reasons.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import type { NotifyDeps } from "./service.ts";
import { findMessage, markRefused, markSent, noteFailure, renewMessage, unknownIds } from "./store.ts";
import { recordWords } from "./store-suppression.ts";

/** A lease that has lost so much of its time, in milliseconds, is renewed before the message is sent. */
const staleMs = 1_000;

/**
 * Sends a message that belongs to this call; nothing when it does not any more.
 * Errors: MESSAGE_REFUSED, PROVIDER_UNAVAILABLE.
 */
export async function send(deps: NotifyDeps, message: Message, draft: Draft): Promise<Message | undefined> {
  const { db, clock, log } = deps;
  const { id } = message;
  let providerId: string | undefined;
  try {
    providerId = await hand(deps, message, draft);
  } catch (err) {
    throw await giveUp(deps, message, err);
  }
  if (providerId === undefined) return undefined;
  const sent = await markSent(db, { id, providerId, now: clock() });
  if (sent !== undefined) return sent;
  log.error({ messageId: id, providerId }, "a sending outlived its lease: the message went out twice");
  return (await findMessage(db, id)) ?? message;
}

/** What the error of a message says that was not needed any more. */
export const withdrawn = "withdrawn";

/**
 * Ends a message that belongs to this call and is not needed any more: it is
 * refused, unless an earlier attempt turns out to have sent it.
 * Errors: PROVIDER_UNAVAILABLE.
 */
export async function withdraw(deps: NotifyDeps, message: Message, draft: Draft): Promise<void> {
  const { db, clock } = deps;
  const { id, attempts: attempt, channel } = message;
  try {
    const providerId = channel === "SMS" ? await findSent(deps, message, draft) : undefined;
    if (providerId === undefined) await markRefused(db, { id, attempt, error: withdrawn });
    else await markSent(db, { id, providerId, now: clock() });
  } catch (err) {
    throw await giveUp(deps, message, err);
  }
}

/** Hands the message to its provider, unless an earlier attempt is found there, or the lease is lost. */
async function hand(deps: NotifyDeps, message: Message, draft: Draft): Promise<string | undefined> {
  const { email, sms } = deps;
  const { to, text, from, subject, html, channel, unsubscribeUrl } = draft;
  if (channel === "EMAIL") {
    // There is nothing to look an e-mail up by. Its webhooks had the time of the lease to say that it went out; when
    // they did not, it goes out again: better twice than never.
    if (!(await stillOurs(deps, message, email))) return undefined;
    const stop = unsubscribeUrl === undefined ? {} : { unsubscribeUrl };
    return email.send({ to, from, subject, text, html, messageId: message.id, ...stop });
  }
  const earlier = message.attempts > 1 ? await findSent(deps, message, draft) : undefined;
  if (earlier !== undefined) return earlier;
  if (!(await stillOurs(deps, message, sms))) return undefined;
  return sms.send({ to, text });
}

/** The text message that an earlier attempt sent: the same text to the same phone that is no other message's. */
async function findSent({ db, sms }: NotifyDeps, { createTime }: Message, { to, text }: Draft) {
  const found = await sms.find({ to, text, since: createTime });
  if (found.length === 0) return undefined;
  const [earlier] = await unknownIds(db, { channel: "SMS", providerIds: found });
  return earlier;
}

/** The lease counts from the sending on. A look-up took some of it, and a process that stood still may have lost it. */
async function stillOurs(
  { db, clock }: NotifyDeps,
  { id, attempts, sendingUntil }: Message,
  provider: { timeoutMs: number },
): Promise<boolean> {
  const now = clock().getTime();
  if ((sendingUntil?.getTime() ?? 0) - now >= leaseMs(provider) - staleMs) return true;
  return renewMessage(db, { id, attempt: attempts, until: new Date(now + leaseMs(provider)) });
}

/** Leaves the message as the failure demands, and says what to tell the caller. */
async function giveUp(deps: NotifyDeps, message: Message, err: unknown): Promise<unknown> {
  const { db, clock, email, sms } = deps;
  const { id, channel, to, attempts: attempt } = message;
  if (err instanceof SendRefused) {
    if (err.optedOut) {
      const word = { channel, address: to, reason: "OPTED_OUT", detail: err.message, active: true } as const;
      await recordWords(db, [{ ...word, saidTime: clock() }]);
    }
    await markRefused(db, { id, attempt, error: err.message });
    return fail("MESSAGE_REFUSED", { channel, message: err.message }, { cause: err });
  }
  if (err instanceof SendUnavailable) {
    // One that may still be at work is not listed yet, nor told of: the lease stays, and its end is the time to look.
    const until = err.pending ? undefined : clock();
    await noteFailure(db, { id, attempt, error: excerpt(err.message), until });
    const provider = channel === "SMS" ? sms.name : email.name;
    return fail("PROVIDER_UNAVAILABLE", { provider }, { cause: err });
  }
  return err;
}
