/** What happened to payments that other systems are to be told of. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Payment } from "./payment.ts";
import { paymentColumns } from "./store-payment.ts";

/** What is told of a payment. */
export type ToldKind = "captured" | "failed" | "refunded" | "disputed";

/** Something that is not published yet, and its payment as it stands now. */
export interface Unpublished {
  eventId: bigint;
  kind: ToldKind;
  eventTime: Date;
  payment: Payment;
}

/** The first that are not published. */
export async function readUnpublished(db: Queryable, limit: number): Promise<Unpublished[]> {
  const rows = await db.query<Payment & { event_id: bigint; event_kind: ToldKind; event_time: Date }>(sql`
    select event_id, event_kind, event_time, ${paymentColumns}
    from (
      select id as event_id, payment_id as event_payment_id, kind as event_kind, create_time as event_time
      from outbox order by id limit ${limit}
    ) unpublished
    join payment on payment.id = event_payment_id
    order by event_id`);
  return rows.map(({ event_id: eventId, event_kind: kind, event_time: eventTime, ...payment }) => ({
    ...{ eventId, kind, eventTime },
    payment,
  }));
}

/** Forgets what is published. */
export async function deletePublished(db: Queryable, eventIds: readonly bigint[]): Promise<void> {
  await db.execute(sql`delete from outbox where id = any(${eventIds}::bigint[])`);
}
