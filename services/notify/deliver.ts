import { setTimeout as delay } from "node:timers/promises";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectError, HandlerContext } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { newId } from "../../lib/ids/ids.ts";
import { type Draft, leaseMs, type Message } from "./message.ts";
import { fail } from "./reasons.ts";
import { send, withdraw } from "./send.ts";
import type { NotifyDeps } from "./service.ts";
import {
  claimMessage,
  findEvent,
  findMessage,
  insertMessages,
  type NewMessage,
  type Source,
} from "./store.ts";

/** An event to tell somebody about. */
export interface Event {
  key: string;
  /** May be empty. */
  orderId: string;
  fingerprint: Uint8Array;
  /** The caller's key when the event stands for a request: then another content under it is an error. */
  requestId?: string;
  /** What it is made from, when it may be sent once more. */
  source?: Source;
  /** The message that it repeats. */
  resendOf?: string;
}

/** A call that may wait: how long it has, and until when it is wanted. */
type Waiting = Pick<HandlerContext, "signal" | "timeoutMs">;

/** How often a message that another call sends is looked at, in milliseconds. */
const pollMs = 150;
/** With less time left, in milliseconds, a call that waits says so instead of waiting on. */
const answerMs = 300;

/**
 * Sends each draft once for the event: the message is recorded first, with the
 * right to send it for a time. A call that finds a message being sent waits,
 * and takes it over when its sender has not finished in time. What is sent or
 * refused stays so.
 *
 * All channels are tried before the first failure is thrown, those worth a
 * retry first.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_IN_PROGRESS, MESSAGE_REFUSED, REQUEST_ID_REUSED.
 */
export async function deliver(
  deps: NotifyDeps,
  ctx: Waiting,
  { event, drafts }: { event: Event; drafts: readonly Draft[] },
): Promise<Message[]> {
  const now = deps.clock();
  const rows = drafts.map((draft) => toRow(deps, { id: newId("msg"), draft, now }));
  const { key: eventKey, orderId, fingerprint, source, resendOf } = event;
  const common = { eventKey, orderId, fingerprint, source, resendOf, now };
  const inserted = await insertMessages(deps.db, common, rows);
  const recorded = inserted.length === drafts.length ? [] : await findEvent(deps.db, eventKey);
  requireSameRequest(event, recorded);
  const outcomes = await Promise.allSettled(
    drafts.map(async (draft) => {
      const own = inserted.find(({ channel }) => channel === draft.channel);
      const sent = own && (await sendUnlessEnded(deps, own, draft));
      if (sent !== undefined) return sent;
      const other = own ?? recorded.find(({ channel }) => channel === draft.channel);
      if (other === undefined) throw new Error(`the ${draft.channel} message of ${eventKey} vanished`);
      return follow(deps, ctx, { message: other, draft });
    }),
  );
  return settle(outcomes);
}

/**
 * Ends the messages of an event that is old news: sends nothing, and leaves
 * those alone that were sent.
 * Errors: PROVIDER_UNAVAILABLE, MESSAGE_IN_PROGRESS.
 */
export async function withdrawEvent(
  deps: NotifyDeps,
  { eventKey, drafts }: { eventKey: string; drafts: readonly Draft[] },
): Promise<Message[]> {
  const { db, clock } = deps;
  for (const message of await findEvent(db, eventKey)) {
    const draft = drafts.find(({ channel }) => channel === message.channel);
    if ((message.state !== "PENDING" && message.state !== "FAILED") || draft === undefined) continue;
    const now = clock();
    const { id, to, subject } = message;
    const row = toRow(deps, { id, draft: { ...draft, to, subject }, now });
    const claimed = await claimMessage(db, { ...row, now });
    if (claimed === undefined) {
      throw inProgress(message, Math.max(0, (message.sendingUntil?.getTime() ?? 0) - now.getTime()));
    }
    if (claimed.state === "PENDING") await withdraw(deps, claimed, draft);
  }
  return findEvent(db, eventKey);
}

function requireSameRequest({ requestId, fingerprint }: Event, recorded: readonly Message[]): void {
  if (requestId === undefined) return;
  if (recorded.some((message) => Buffer.compare(message.fingerprint, fingerprint) !== 0)) {
    throw fail("REQUEST_ID_REUSED", { request_id: requestId });
  }
}

/** The message as another call ends it, or its sending when nobody is at it any more. */
async function follow(
  deps: NotifyDeps,
  ctx: Waiting,
  { message, draft }: { message: Message; draft: Draft },
): Promise<Message> {
  const { db, clock } = deps;
  const { id } = message;
  for (let present: Message | undefined = message; ; present = await findMessage(db, id)) {
    if (present === undefined) throw new Error(`message ${id} vanished`);
    const ended = endOf(present);
    if (ended !== undefined) return ended;
    const now = clock();
    const leaseLeft = (present.sendingUntil?.getTime() ?? 0) - now.getTime();
    if (leaseLeft <= 0) {
      const claimed = await claimMessage(db, { ...toRow(deps, { id, draft, now }), now });
      const sent = claimed && (await sendUnlessEnded(deps, claimed, draft));
      if (sent !== undefined) return sent;
      continue;
    }
    if ((ctx.timeoutMs() ?? 0) < pollMs + answerMs) throw inProgress(present, leaseLeft);
    await delay(Math.min(pollMs, leaseLeft), undefined, { signal: ctx.signal });
  }
}

/** The message when there is nothing left to do for it. Errors: MESSAGE_REFUSED. */
function endOf(message: Message): Message | undefined {
  switch (message.state) {
    case "PENDING":
    // Nobody tries to send it any more: this call does.
    case "FAILED":
      return undefined;
    case "SENT":
    case "DELIVERED":
    case "UNDELIVERED":
    case "SUPPRESSED":
      return message;
    case "REFUSED":
      throw fail("MESSAGE_REFUSED", { channel: message.channel, message: message.error });
    default:
      throw new Error(
        `message ${message.id} is in an unknown state ${String(message.state satisfies never)}`,
      );
  }
}

function inProgress({ id, channel }: Message, waitMs: number): ConnectError {
  const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(waitMs) } };
  return fail("MESSAGE_IN_PROGRESS", { channel, message_id: id }, { details: [retry] });
}

/** What was done, when all of it was. @throws the first failure otherwise, those worth a retry first. */
export function settle<T>(outcomes: readonly PromiseSettledResult<T>[]): T[] {
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as unknown] : [],
  );
  if (failures.length > 0) throw failures.find((err) => !isRefusal(err)) ?? failures[0];
  return outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
}

function isRefusal(err: unknown): boolean {
  return reasonOf(err) === "MESSAGE_REFUSED";
}

/** A message that the call was given: it is sent, unless its recipient turned out to be suppressed. */
async function sendUnlessEnded(
  deps: NotifyDeps,
  message: Message,
  draft: Draft,
): Promise<Message | undefined> {
  return message.state === "PENDING" ? send(deps, message, draft) : message;
}

/** A draft as it is recorded, with its lease. */
function toRow(
  { email, sms }: NotifyDeps,
  { id, draft, now }: { id: string; draft: Draft; now: Date },
): NewMessage {
  const { channel, to, subject, unsubscribeUrl } = draft;
  const until = new Date(now.getTime() + leaseMs(channel === "EMAIL" ? email : sms));
  return { id, channel, to, subject, isNotice: unsubscribeUrl !== undefined, until };
}
