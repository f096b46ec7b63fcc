/** Entries of the timelines that other systems are to be told of. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Order } from "./order.ts";
import { orderColumns } from "./store-order.ts";

/** What is told of an order. */
export type ToldKind =
  | "placed"
  | "paid"
  | "fulfilled"
  | "canceled"
  | "expired"
  | "refunded"
  | "partly_refunded";

/** An entry that is not published yet, and its order as it stands now. */
export interface Unpublished {
  eventId: bigint;
  kind: ToldKind;
  eventTime: Date;
  order: Order;
}

/** The first entries that are not published. The condition is that of the index `event_unpublished`. */
export async function readUnpublished(db: Queryable, limit: number): Promise<Unpublished[]> {
  const rows = await db.query<Order & { event_id: bigint; event_kind: ToldKind; event_time: Date }>(sql`
    select event_id, event_kind, event_time, ${orderColumns}
    from (
      select e.id as event_id, e.order_id as event_order_id, e.kind as event_kind, e.create_time as event_time
      from event e
      where not published
        and kind in ('placed', 'paid', 'fulfilled', 'canceled', 'expired', 'refunded', 'partly_refunded')
      order by e.id
      limit ${limit}
    ) unpublished
    join orders on orders.id = event_order_id
    order by event_id`);
  return rows.map(({ event_id: eventId, event_kind: kind, event_time: eventTime, ...order }) => ({
    ...{ eventId, kind, eventTime },
    order,
  }));
}

/** Notes that entries are published. */
export async function markPublished(db: Queryable, eventIds: readonly bigint[]): Promise<void> {
  await db.execute(sql`update event set published = true where id = any(${eventIds}::bigint[])`);
}
