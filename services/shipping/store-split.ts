/** What staff do with shipments beside labels: ship them by themselves, and split them. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Shipment } from "./shipment.ts";
import { insertShipment, type ShipmentRow, shipmentColumns, toShipment } from "./store.ts";

/** Who carries a parcel that the merchant has shipped; what is not known is empty. */
export type Handover = Pick<Shipment, "carrier" | "trackingNumber" | "trackingUrl">;

/**
 * The merchant has shipped it, of which others are told once, not of corrections; nothing when it has a label, gets
 * one, or was split.
 */
export async function markShipped(
  tx: Queryable,
  { id, handover, now }: { id: string; handover: Handover; now: Date },
): Promise<Shipment | undefined> {
  const [row] = await tx.query<ShipmentRow>(sql`
    with present as (
      select id as present_id, state = 'SHIPPED' as is_known from shipment where id = ${id} for update
    ), shipped as (
      update shipment set
        state = 'SHIPPED',
        carrier = ${handover.carrier},
        tracking_number = ${handover.trackingNumber},
        tracking_url = ${handover.trackingUrl},
        update_time = ${now}
      from present
      where id = present_id and state in ('RATED', 'READY', 'SHIPPED') and return_of = ''
      returning ${shipmentColumns}
    ), told as (
      insert into outbox (shipment_id, kind, create_time)
      select id, 'shipped', ${now} from shipped, present where not is_known
    )
    select * from shipped`);
  return row && toShipment(row);
}

/**
 * Puts the parts in a shipment's place; false when that has a label by now, gets one, was shipped, or was split. The
 * change of its state is the lock: of any number of splits, purchases and hand-overs at once exactly one finds it.
 */
export async function replaceByParts(
  tx: Queryable,
  { id, parts, now }: { id: string; parts: readonly Shipment[]; now: Date },
): Promise<boolean> {
  const replaced = await tx.execute(sql`
    update shipment set state = 'SPLIT', update_time = ${now}
    where id = ${id} and state in ('RATED', 'READY') and return_of = ''`);
  if (replaced === 0) return false;
  for (const part of parts) await insertShipment(tx, part);
  return true;
}

/** How many shipments carry an order's goods; those that were split do not. */
export async function countShipments(db: Queryable, orderId: string): Promise<number> {
  const [row] = await db.query<{ count: bigint }>(sql`
    select count(*) as count from shipment where order_id = ${orderId} and state <> 'SPLIT' and return_of = ''`);
  return Number(row?.count ?? 0n);
}
