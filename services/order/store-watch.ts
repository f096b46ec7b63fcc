/** What watchers of orders read; each reading serves many of them. */
import { type Queryable, type Sql, sql } from "../../lib/db/index.ts";
import type { Order } from "./order.ts";
import type { EventRow } from "./store-event.ts";
import { orderColumns } from "./store-order.ts";

const lastEvent: Sql = sql`(select max(e.id) from event e where e.order_id = orders.id)`;

/**
 * Names a state of an order by its last event and its last change: some changes write no event, some events change no
 * column.
 */
const version: Sql = sql`concat(${lastEvent}, '-', (extract(epoch from update_time) * 1000000)::bigint)`;

/** The version of each order. */
export async function readVersions(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ id: string; version: string }>(sql`
    select id, ${version} as version from orders where id = any(${ids}::text[])`);
  return new Map(rows.map((row) => [row.id, row.version]));
}

/** How far somebody has read an order's timeline. */
export interface Reader {
  orderId: string;
  /** The last event that was read; undefined by somebody who wants none of the past. */
  after: bigint | undefined;
}

/** An order, and what a reader has not seen of its timeline: all as of one moment. */
export interface OrderNews {
  order: Order;
  version: string;
  events: EventRow[];
  lastEventId: bigint;
  /** Whether the reader's last event is one of this order's. */
  knowsReader: boolean;
}

/** What is new to each of the readers; nothing where there is no such order. */
export async function readNews(
  db: Queryable,
  readers: readonly Reader[],
): Promise<(OrderNews | undefined)[]> {
  type Row = Order & {
    n: bigint;
    version: string;
    lastEventId: bigint;
    knowsReader: boolean;
    events: { id: string; kind: string; data: Record<string, string>; createTime: string }[];
  };
  const rows = await db.query<Row>(sql`
    select ${orderColumns}, n, ${version} as version, ${lastEvent} as "lastEventId",
      exists (select from event e where e.order_id = orders.id and e.id = after) as "knowsReader",
      (select coalesce(jsonb_agg(jsonb_build_object(
          'id', e.id::text, 'kind', e.kind, 'data', e.data, 'createTime', e.create_time) order by e.id), '[]')
        from event e where e.order_id = orders.id and e.id > after) as events
    from unnest(
      ${readers.map((reader) => reader.orderId)}::text[], ${readers.map((reader) => reader.after ?? null)}::bigint[]
    ) with ordinality as reader (order_id, after, n)
    join orders on orders.id = reader.order_id`);
  const news: (OrderNews | undefined)[] = readers.map(() => undefined);
  for (const { n, version, lastEventId, knowsReader, events, ...order } of rows) {
    news[Number(n) - 1] = {
      ...{ order, version, lastEventId, knowsReader },
      events: events.map((event) => ({
        ...event,
        id: BigInt(event.id),
        createTime: new Date(event.createTime),
      })),
    };
  }
  return news;
}
