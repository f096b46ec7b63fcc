import { type Queryable, sql } from "../../lib/db/index.ts";

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
