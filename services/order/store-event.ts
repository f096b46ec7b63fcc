import { json, type Queryable, sql } from "../../lib/db/index.ts";

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

/** Adds what may be learned several times to the timeline; false when it is there already. */
export async function noteOnce(
  db: Queryable,
  event: {
    orderId: string;
    kind: "late_payment" | "refunded" | "partly_refunded";
    data: Record<string, string>;
  },
): Promise<boolean> {
  const count = await db.execute(sql`
    insert into event (order_id, kind, data)
    values (${event.orderId}, ${event.kind}, ${json(event.data)}::jsonb)
    on conflict (order_id, kind, data) where kind in ('late_payment', 'refunded', 'partly_refunded') do nothing`);
  return count === 1;
}
