/** What happened to watched stock that other systems are to be told of. */
import { type Queryable, sql } from "../../lib/db/index.ts";

/** Something that is not published yet. */
export interface StockEvent {
  id: bigint;
  type: string;
  alertId: string;
  sku: string;
  /** Units that were available then. */
  available: bigint;
  /** The threshold then. */
  threshold: bigint;
  createTime: Date;
}

/** The first that are not published. */
export async function readUnpublished(db: Queryable, limit: number): Promise<StockEvent[]> {
  return db.query<StockEvent>(sql`
    select id, type, alert_id as "alertId", sku, available, threshold, create_time as "createTime"
    from stock_event where not published order by id limit ${limit}`);
}

/** Notes that events are published. */
export async function markPublished(db: Queryable, eventIds: readonly bigint[]): Promise<void> {
  await db.execute(sql`update stock_event set published = true where id = any(${eventIds}::bigint[])`);
}
