/** What an order keeps of its parcels. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import { changed } from "../../lib/watch/index.ts";
import type { Fulfillment, Order } from "./order.ts";
import type { ParcelEvent } from "./parcel-news.ts";
import { changeOrder } from "./store-order.ts";

/**
 * Adds what became of a parcel to the timeline; false when it is there already. Locks the order first, as every entry
 * of a timeline does. The conflict is that of the index `event_parcel_key`.
 */
export async function noteParcel(
  tx: Queryable,
  event: { orderId: string; kind: ParcelEvent; data: Record<string, string> },
): Promise<boolean> {
  const count = await tx.execute(sql`
    insert into event (order_id, kind, data)
    select id, ${event.kind}, ${json(event.data)}::jsonb from orders where id = ${event.orderId} for update
    on conflict (order_id, kind, data)
      where kind in ('shipped', 'delivered', 'returned', 'delivery_failed', 'return_shipped', 'return_delivered')
    do nothing`);
  if (count === 1) changed(tx, [event.orderId]);
  return count === 1;
}

/** Takes another label for the one that an order went out with, once. */
export function replaceLabel(
  db: Queryable,
  { orderId, fulfillment }: { orderId: string; fulfillment: Fulfillment },
): Promise<Order | undefined> {
  const { trackingNumber } = fulfillment;
  return changeOrder(db, {
    id: orderId,
    guard: sql`state = 'FULFILLED' and fulfillment ->> 'trackingNumber' <> ${trackingNumber}`,
    set: sql`fulfillment = ${json(fulfillment)}::jsonb`,
    event: { kind: "label_replaced", data: { tracking_number: trackingNumber } },
  });
}
