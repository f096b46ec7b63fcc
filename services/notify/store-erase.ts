import { type Queryable, sql } from "../../lib/db/index.ts";

/** A message whose recipient is blotted out. */
export interface ErasedMessage {
  eventKey: string;
  providerId: string;
  /** As it was. */
  recipient: string;
}

/**
 * Blots out who these orders' messages, and all to these recipients, went to, and their subjects; also of messages of
 * no order that went where the orders' did, as the e-mails of an account do. Returns those that were not blotted out
 * before.
 */
export async function eraseMessagesOf(
  tx: Queryable,
  { orderIds, recipients }: { orderIds: readonly string[]; recipients: readonly string[] },
): Promise<ErasedMessage[]> {
  return tx.query<ErasedMessage>(sql`
    with recipients as (
      select distinct recipient from message where order_id = any(${orderIds}::text[]) and recipient <> ''
    ), meant as (
      select id, recipient from message
      where recipient <> '' and (order_id = any(${orderIds}::text[])
        or lower(recipient) = any(${recipients.map((each) => each.toLowerCase())}::text[])
        or (order_id = '' and recipient in (select recipient from recipients)))
      order by id for no key update
    )
    update message set recipient = '', subject = '', error = '' from meant where message.id = meant.id
    returning event_key as "eventKey", provider_id as "providerId", meant.recipient`);
}

/** Deletes what providers have told of messages, and what their recipients wrote: it names them. */
export async function deleteEventsOf(
  tx: Queryable,
  { messages, recipients }: { messages: readonly ErasedMessage[]; recipients: readonly string[] },
): Promise<void> {
  const subjects = [...messages.flatMap(({ providerId }) => providerId || []), ...recipients];
  await tx.execute(sql`
    delete from webhook_event where subject = any(${subjects}::text[]) and state <> 'RECEIVED'`);
}

/** Forgets what the messages were made from. */
export async function deleteSourcesOf(tx: Queryable, messages: readonly ErasedMessage[]): Promise<void> {
  const eventKeys = messages.map(({ eventKey }) => eventKey);
  await tx.execute(sql`delete from source where event_key = any(${eventKeys}::text[])`);
}

/** Forgets what repeated calls for messages would be answered. Their events are kept: nothing is sent twice. */
export async function deleteAnswersOf(tx: Queryable, messages: readonly ErasedMessage[]): Promise<void> {
  const eventKeys = messages.map(({ eventKey }) => eventKey);
  await tx.execute(sql`
    delete from idempotency where 'request:' || caller || ':' || key = any(${eventKeys}::text[])`);
}
