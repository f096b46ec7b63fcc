import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import type { Channel, Delivery, Message, MessageState } from "./message.ts";
import { whyNot } from "./store-suppression.ts";

const columns = sql`
  id, channel, state, recipient as "to", subject, event_key as "eventKey", order_id as "orderId", fingerprint,
  provider_id as "providerId", error, attempts, sending_until as "sendingUntil",
  create_time as "createTime", send_time as "sendTime", resend_of as "resendOf"`;

/** What the messages of one event have in common. */
export interface NewEvent {
  eventKey: string;
  orderId: string;
  fingerprint: Uint8Array;
  /** When they are asked for. */
  now: Date;
  /** What they are made from, when they may be sent once more. */
  source?: Source | undefined;
  /** The message that they repeat. */
  resendOf?: string | undefined;
}

/** What news was made from: the request that told it, in its binary form. */
export interface Source {
  kind: "ORDER" | "STOCK";
  request: Uint8Array;
}

/** A message that is to be recorded. */
export interface NewMessage {
  id: string;
  channel: Channel;
  to: string;
  subject: string;
  /** Whether it is a notice that its reader can stop. */
  isNotice: boolean;
  /** How long it belongs to the caller. */
  until: Date;
}

/**
 * Records the messages of an event that are not recorded yet, and returns
 * these: they are the caller's to send, but for those whose recipient is
 * suppressed. Concurrent callers wait for each other on the unique constraint,
 * so each message is returned to one of them.
 */
export function insertMessages(
  db: Queryable,
  event: NewEvent,
  messages: readonly NewMessage[],
): Promise<Message[]> {
  const { source } = event;
  return db.query<Message>(sql`
    with draft as (
      select draft.*, ${whyNot({ channel: sql`draft.channel`, address: sql`recipient`, isNotice: sql`is_notice` })} as why
      from unnest(
        ${messages.map(({ id }) => id)}::text[],
        ${messages.map(({ channel }) => channel)}::text[],
        ${messages.map(({ to }) => to)}::text[],
        ${messages.map(({ subject }) => subject)}::text[],
        ${messages.map(({ isNotice }) => isNotice)}::boolean[],
        ${messages.map(({ until }) => until)}::timestamptz[]
      ) as draft (id, channel, recipient, subject, is_notice, until)
    ),
    recorded as (
      insert into message
        (id, channel, state, recipient, subject, event_key, order_id, fingerprint, error, attempts, sending_until,
        create_time, resend_of)
      select id, channel, case when why is null then 'PENDING' else 'SUPPRESSED' end, recipient, subject,
        ${event.eventKey}, ${event.orderId}, ${event.fingerprint}, coalesce(why, ''), 1,
        case when why is null then until end, ${event.now}::timestamptz, ${event.resendOf ?? ""}
      from draft
      on conflict on constraint message_of_event do nothing
      returning ${columns}
    ),
    kept as (
      insert into source (event_key, kind, request, create_time)
      select ${event.eventKey}, ${source?.kind ?? null}::text, ${source?.request ?? null}::bytea, ${event.now}::timestamptz
      where ${source !== undefined} and exists (select from recorded)
      on conflict do nothing
    )
    select * from recorded`);
}

/** The messages of an event. */
export function findEvent(db: Queryable, eventKey: string): Promise<Message[]> {
  return db.query<Message>(sql`select ${columns} from message where event_key = ${eventKey}`);
}

/** One message. */
export async function findMessage(db: Queryable, id: string): Promise<Message | undefined> {
  const [message] = await db.query<Message>(sql`select ${columns} from message where id = ${id}`);
  return message;
}

/** A page of messages, the newest first: of one order when `orderId` is not empty, in one state when it is given. */
export function listMessages(
  db: Queryable,
  {
    orderId,
    state,
    after,
    limit,
  }: {
    orderId: string;
    state: MessageState | undefined;
    after: { createTime: Date; id: string } | undefined;
    limit: number;
  },
): Promise<Message[]> {
  const ofOrder = orderId === "" ? sql`true` : sql`order_id = ${orderId} and order_id <> ''`;
  const older = after === undefined ? sql`true` : sql`(create_time, id) < (${after.createTime}, ${after.id})`;
  return db.query<Message>(sql`
    select ${columns} from message where ${ofOrder} and ${inState(state)} and ${older}
    order by create_time desc, id desc limit ${limit}`);
}

/** The condition of the index `message_not_sent` stands in it, where that one helps. */
function inState(state: MessageState | undefined): Sql {
  if (state === undefined) return sql`true`;
  const isSent = state === "SENT" || state === "DELIVERED";
  return isSent ? sql`state = ${state}` : sql`state = ${state} and state not in ('SENT', 'DELIVERED')`;
}

/**
 * Takes over a message whose sender has not finished in its time, or that
 * nobody tries to send any more: of any number of calls exactly one gets it. It
 * goes to where the present call says; when that is suppressed by now, it ends.
 */
export async function claimMessage(
  db: Queryable,
  { id, channel, to, subject, isNotice, until, now }: NewMessage & { now: Date },
): Promise<Message | undefined> {
  const [message] = await db.query<Message>(sql`
    update message set
      attempts = attempts + 1, recipient = ${to}, subject = ${subject},
      state = case when why is null then 'PENDING' else 'SUPPRESSED' end, error = coalesce(why, error),
      sending_until = case when why is null then ${until}::timestamptz end
    from (select ${whyNot({ channel: sql`${channel}::text`, address: sql`${to}::text`, isNotice: sql`${isNotice}::boolean` })} as why) suppressed
    where id = ${id} and ((state = 'PENDING' and sending_until <= ${now}) or state = 'FAILED')
    returning ${columns}`);
  return message;
}

/** Takes the message for longer; false when another call has taken it over, or a webhook has told what became of it. */
export async function renewMessage(
  db: Queryable,
  { id, attempt, until }: { id: string; attempt: number; until: Date },
): Promise<boolean> {
  const renewed = await db.execute(sql`
    update message set sending_until = ${until}
    where id = ${id} and state = 'PENDING' and attempts = ${attempt}`);
  return renewed === 1;
}

/** States of a message of which nobody has heard that its provider took it. */
const notTaken = sql`('PENDING', 'REFUSED', 'SUPPRESSED', 'FAILED')`;

/**
 * Records that the provider took the message. Deliberately not bound to the
 * lease: what was sent is sent. A webhook may have been quicker; its word on
 * the delivery stays. Nothing when the message went out under another id.
 */
export async function markSent(
  db: Queryable,
  { id, providerId, now }: { id: string; providerId: string; now: Date },
): Promise<Message | undefined> {
  const [message] = await db.query<Message>(sql`
    update message set
      state = case when state in ${notTaken} then 'SENT' else state end,
      error = case when state in ${notTaken} then '' else error end,
      provider_id = ${providerId}, send_time = coalesce(send_time, ${now}), sending_until = null
    where id = ${id} and (state in ${notTaken} or provider_id in ('', ${providerId}))
    returning ${columns}`);
  return message;
}

/** What a provider says became of a message. */
export interface Told {
  /** Empty: the message is known by the provider's id. */
  id: string;
  channel: Channel;
  providerId: string;
  delivery: Delivery;
}

/**
 * Records what providers say became of messages, known by Rowlock's id or by
 * the provider's; also of those whose call never learnt that they were taken.
 * For each whether there is such a message; its state moves forward or stays.
 */
export async function markDeliveries(
  db: Queryable,
  { told, now }: { told: readonly Told[]; now: Date },
): Promise<boolean[]> {
  const known = await db.query<{ nth: bigint }>(sql`
    with told as (
      select * from unnest(${told.map((each) => each.id)}::text[], ${told.map((each) => each.channel)}::text[],
        ${told.map((each) => each.providerId)}::text[], ${told.map((each) => each.delivery.state)}::text[],
        ${told.map((each) => each.delivery.error)}::text[])
        with ordinality as told (id, channel, provider_id, state, error, nth)
    ),
    known as (
      select told.nth, message.id, told.provider_id, told.state, told.error
      from told join message on message.id = told.id and message.channel = told.channel
      union all
      select told.nth, message.id, told.provider_id, told.state, told.error
      from told join message on message.provider_id = told.provider_id and message.channel = told.channel
      where told.id = '' and told.provider_id <> ''
    ),
    -- Of several words on one message the final one counts.
    last as (
      select distinct on (id) id, provider_id, state, error from known order by id, state = 'SENT', nth desc
    ),
    -- In the order of their ids, so that no two calls wait for each other.
    locked as (
      select message.id from message join last using (id) order by message.id for no key update of message
    ),
    moved as (
      update message set
        state = last.state, error = last.error, sending_until = null,
        send_time = coalesce(message.send_time, ${now}),
        provider_id = case when message.provider_id = '' then last.provider_id else message.provider_id end
      from last join locked using (id)
      where message.id = last.id
        and (message.state in ${notTaken} or (message.state = 'SENT' and last.state <> 'SENT')))
    select nth from known`);
  const found = new Set(known.map(({ nth }) => Number(nth)));
  return told.map((_, i) => found.has(i + 1));
}

/** Those of the provider's ids that no message has yet. */
export async function unknownIds(
  db: Queryable,
  { channel, providerIds }: { channel: Channel; providerIds: readonly string[] },
): Promise<string[]> {
  const rows = await db.query<{ providerId: string }>(sql`
    select provider_id as "providerId" from message
    where channel = ${channel} and provider_id = any(${providerIds})`);
  const known = new Set(rows.map(({ providerId }) => providerId));
  return providerIds.filter((each) => !known.has(each));
}

/** Records that the provider will never take the message. The attempt's number is its proof of the lease. */
export async function markRefused(
  db: Queryable,
  { id, attempt, error }: { id: string; attempt: number; error: string },
): Promise<void> {
  await db.execute(sql`
    update message set state = 'REFUSED', error = ${error}, sending_until = null
    where id = ${id} and state = 'PENDING' and attempts = ${attempt}`);
}

/** Records why an attempt failed, and until when nobody else may try; undefined leaves that as it is. */
export async function noteFailure(
  db: Queryable,
  { id, attempt, error, until }: { id: string; attempt: number; error: string; until: Date | undefined },
): Promise<void> {
  await db.execute(sql`
    update message set error = ${error}, sending_until = coalesce(${until ?? null}::timestamptz, sending_until)
    where id = ${id} and state = 'PENDING' and attempts = ${attempt}`);
}
