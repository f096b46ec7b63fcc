import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Channel, Delivery, Message } from "./message.ts";

const columns = sql`
  id, channel, state, recipient as "to", subject, event_key as "eventKey", order_id as "orderId", fingerprint,
  provider_id as "providerId", error, attempts, sending_until as "sendingUntil",
  create_time as "createTime", send_time as "sendTime"`;

/** What the messages of one event have in common. */
export interface NewEvent {
  eventKey: string;
  orderId: string;
  fingerprint: Uint8Array;
  /** When they are asked for. */
  now: Date;
}

/**
 * Records the messages of an event that are not recorded yet, and returns
 * these: they are the caller's to send. Concurrent callers wait for each other
 * on the unique constraint, so each message is returned to one of them.
 */
export function insertMessages(
  db: Queryable,
  event: NewEvent,
  /** `until`: how long each belongs to the caller. */
  messages: readonly { id: string; channel: Channel; to: string; subject: string; until: Date }[],
): Promise<Message[]> {
  return db.query<Message>(sql`
    insert into message
      (id, channel, state, recipient, subject, event_key, order_id, fingerprint, attempts, sending_until, create_time)
    select id, channel, 'PENDING', recipient, subject, ${event.eventKey}, ${event.orderId}, ${event.fingerprint},
      1, until, ${event.now}
    from unnest(
      ${messages.map(({ id }) => id)}::text[],
      ${messages.map(({ channel }) => channel)}::text[],
      ${messages.map(({ to }) => to)}::text[],
      ${messages.map(({ subject }) => subject)}::text[],
      ${messages.map(({ until }) => until)}::timestamptz[]
    ) as draft (id, channel, recipient, subject, until)
    on conflict on constraint message_of_event do nothing
    returning ${columns}`);
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

/** A page of messages, the newest first, of one order when `orderId` is not empty. */
export function listMessages(
  db: Queryable,
  {
    orderId,
    after,
    limit,
  }: { orderId: string; after: { createTime: Date; id: string } | undefined; limit: number },
): Promise<Message[]> {
  const ofOrder = orderId === "" ? sql`true` : sql`order_id = ${orderId} and order_id <> ''`;
  const older = after === undefined ? sql`true` : sql`(create_time, id) < (${after.createTime}, ${after.id})`;
  return db.query<Message>(sql`
    select ${columns} from message where ${ofOrder} and ${older}
    order by create_time desc, id desc limit ${limit}`);
}

/**
 * Takes over a message whose sender has not finished in its time: of any
 * number of calls exactly one gets it. It goes to where the present call says.
 */
export async function claimMessage(
  db: Queryable,
  { id, to, subject, until, now }: { id: string; to: string; subject: string; until: Date; now: Date },
): Promise<Message | undefined> {
  const [message] = await db.query<Message>(sql`
    update message set
      attempts = attempts + 1, recipient = ${to}, subject = ${subject}, sending_until = ${until}
    where id = ${id} and state = 'PENDING' and sending_until <= ${now}
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
      state = case when state in ('PENDING', 'REFUSED') then 'SENT' else state end,
      error = case when state = 'REFUSED' then '' else error end,
      provider_id = ${providerId}, send_time = coalesce(send_time, ${now}), sending_until = null
    where id = ${id} and (state in ('PENDING', 'REFUSED') or provider_id in ('', ${providerId}))
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
        and (message.state in ('PENDING', 'REFUSED') or (message.state = 'SENT' and last.state <> 'SENT')))
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

/** Lets the next call send the message at once. */
export async function releaseMessage(
  db: Queryable,
  { id, attempt, now }: { id: string; attempt: number; now: Date },
): Promise<void> {
  await db.execute(sql`
    update message set sending_until = ${now}
    where id = ${id} and state = 'PENDING' and attempts = ${attempt}`);
}
