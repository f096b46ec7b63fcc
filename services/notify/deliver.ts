import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type Draft, leaseMs, type Message } from "./message.ts";
import { fail } from "./reasons.ts";
import { SendRefused, SendUnavailable } from "./send-errors.ts";
import type { NotifyDeps } from "./service.ts";
import {
  claimMessage,
  findEvent,
  findMessage,
  insertMessages,
  markRefused,
  markSent,
  releaseMessage,
} from "./store.ts";

/** An event to tell somebody about. */
export interface Event {
  key: string;
  /** May be empty. */
  orderId: string;
  fingerprint: Uint8Array;
  /** The caller's key when the event stands for a request: then another content under it is an error. */
  requestId?: string;
}

/**
 * Sends each draft once for the event: the message is recorded first, with the
 * right to send it for a time; a call that finds a message neither sent nor
 * being sent takes it over. What is sent or refused stays so.
 *
 * All channels are tried before the first failure is thrown, those worth a
 * retry first.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_IN_PROGRESS, MESSAGE_REFUSED, REQUEST_ID_REUSED.
 */
export async function deliver(deps: NotifyDeps, event: Event, drafts: readonly Draft[]): Promise<Message[]> {
  const now = deps.clock();
  const until = new Date(now.getTime() + leaseMs(slowest(deps)));
  const rows = drafts.map(({ channel, to, subject }) => ({ id: newId("msg"), channel, to, subject }));
  const { key: eventKey, orderId, fingerprint } = event;
  const inserted = await insertMessages(deps.db, { eventKey, orderId, fingerprint, now, until }, rows);
  const recorded = inserted.length === drafts.length ? [] : await findEvent(deps.db, eventKey);
  requireSameRequest(event, recorded);
  const outcomes = await Promise.allSettled(
    drafts.map((draft) => {
      const own = inserted.find(({ channel }) => channel === draft.channel);
      if (own !== undefined) return send(deps, own, draft);
      const other = recorded.find(({ channel }) => channel === draft.channel);
      if (other === undefined) throw new Error(`the ${draft.channel} message of ${eventKey} vanished`);
      return takeOver(deps, other, { draft, now, until });
    }),
  );
  return settle(outcomes);
}

function requireSameRequest({ requestId, fingerprint }: Event, recorded: readonly Message[]): void {
  if (requestId === undefined) return;
  if (recorded.some((message) => Buffer.compare(message.fingerprint, fingerprint) !== 0)) {
    throw fail("REQUEST_ID_REUSED", { request_id: requestId });
  }
}

/** The message as it ended, or its sending when nobody is at it. */
async function takeOver(
  deps: NotifyDeps,
  message: Message,
  { draft, now, until }: { draft: Draft; now: Date; until: Date },
): Promise<Message> {
  switch (message.state) {
    case "SENT":
      return message;
    case "REFUSED":
      throw fail("MESSAGE_REFUSED", { channel: message.channel, message: message.error });
    case "PENDING": {
      const { to, subject } = draft;
      const claimed = await claimMessage(deps.db, { id: message.id, to, subject, until, now });
      if (claimed === undefined) throw inProgress(message, now);
      return send(deps, claimed, draft);
    }
    default:
      throw new Error(
        `message ${message.id} is in an unknown state ${String(message.state satisfies never)}`,
      );
  }
}

async function send(deps: NotifyDeps, message: Message, draft: Draft): Promise<Message> {
  const { db, clock, log } = deps;
  const { id } = message;
  let providerId: string;
  try {
    providerId = await hand(deps, message, draft);
  } catch (err) {
    throw await giveUp(deps, message, err);
  }
  const sent = await markSent(db, { id, providerId, now: clock() });
  if (sent !== undefined) return sent;
  log.error({ messageId: id, providerId }, "a sending outlived its lease: the message went out twice");
  return (await findMessage(db, id)) ?? message;
}

/** Hands the message to its provider, unless an earlier attempt is found there. */
async function hand({ email, sms, clock }: NotifyDeps, message: Message, draft: Draft): Promise<string> {
  const { to, text, from, subject, html } = draft;
  if (draft.channel === "EMAIL") {
    // There is nothing to look an e-mail up by: one whose sender died between the provider's answer and the
    // record of it goes out again. Better twice than never.
    return email.send({ to, from, subject, text, html, messageId: message.id });
  }
  if (message.attempts > 1) {
    const earlier = await sms.find({ to, text, since: message.createTime });
    if (earlier !== undefined) return earlier;
    // A process that stood still may have lost its lease by now; the sending has to fit into what is left.
    if (clock().getTime() > (message.sendingUntil?.getTime() ?? 0) - sms.timeoutMs) {
      throw new SendUnavailable("the look-up took the time of the sending", { pending: false });
    }
  }
  return sms.send({ to, text });
}

/** Leaves the message as the failure demands, and says what to tell the caller. */
async function giveUp(deps: NotifyDeps, message: Message, err: unknown): Promise<unknown> {
  const { db, clock, email, sms } = deps;
  const { id, channel, attempts: attempt } = message;
  if (err instanceof SendRefused) {
    await markRefused(db, { id, attempt, error: err.message });
    return fail("MESSAGE_REFUSED", { channel, message: err.message }, { cause: err });
  }
  if (err instanceof SendUnavailable) {
    // A text message that may still be at work is not listed yet: the lease stays, and its end is the time to look.
    if (!(err.pending && channel === "SMS")) await releaseMessage(db, { id, attempt, now: clock() });
    const provider = channel === "SMS" ? sms.name : email.name;
    return fail("PROVIDER_UNAVAILABLE", { provider }, { cause: err });
  }
  return err;
}

function inProgress({ id, channel, sendingUntil }: Message, now: Date): ConnectError {
  const wait = Math.max(0, (sendingUntil?.getTime() ?? 0) - now.getTime());
  const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(wait) } };
  return fail("MESSAGE_IN_PROGRESS", { channel, message_id: id }, { details: [retry] });
}

function settle(outcomes: readonly PromiseSettledResult<Message>[]): Message[] {
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw failures.find((err) => !isRefusal(err)) ?? failures[0];
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

function isRefusal(err: unknown): boolean {
  return reasonOf(err) === "MESSAGE_REFUSED";
}

function slowest({ email, sms }: NotifyDeps): { timeoutMs: number } {
  return { timeoutMs: Math.max(email.timeoutMs, sms.timeoutMs) };
}
