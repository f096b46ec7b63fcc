import { json, type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";

/** An entry of an order's timeline. */
export interface EventRow {
  id: bigint;
  kind: string;
  data: Record<string, string>;
  createTime: Date;
}

/** The timeline of an order, the oldest entry first. */
export async function listEvents(db: Queryable, orderId: string): Promise<EventRow[]> {
  return db.query<EventRow>(sql`
    select id, kind, data, create_time as "createTime" from event where order_id = ${orderId} order by id`);
}

/**
 * Adds what may be learned several times to the timeline; false when it is there already. Locks the order first, as
 * every change of it does: so an order's events have their ids in the order of their commits, and who has read up to
 * one has missed none before it.
 */
export async function noteOnce(
  db: Queryable,
  event: {
    orderId: string;
    kind: "late_payment" | "refunded" | "partly_refunded" | "disputed";
    data: Record<string, string>;
  },
): Promise<boolean> {
  const count = await db.execute(sql`
    insert into event (order_id, kind, data)
    select id, ${event.kind}, ${json(event.data)}::jsonb from orders where id = ${event.orderId} for update
    on conflict do nothing`);
  if (count === 1) changed(db, [event.orderId]);
  return count === 1;
}
