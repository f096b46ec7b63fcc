/** What happened to parcels that other systems are to be told of. */
import { type Queryable, sql } from "../../lib/db/index.ts";
import type { Shipment } from "./shipment.ts";
import { type ShipmentRow, shipmentColumns, toShipment } from "./store.ts";
import type { ToldKind } from "./tracking.ts";

/** Something that is not published yet, and its shipment as it stands now. */
export interface Unpublished {
  eventId: bigint;
  kind: ToldKind;
  eventTime: Date;
  shipment: Shipment;
}

/** The first that are not published. */
export async function readUnpublished(db: Queryable, limit: number): Promise<Unpublished[]> {
  const rows = await db.query<ShipmentRow & { event_id: bigint; event_kind: ToldKind; event_time: Date }>(sql`
    select event_id, event_kind, event_time, ${shipmentColumns}
    from (
      select id as event_id, shipment_id as event_shipment_id, kind as event_kind, create_time as event_time
      from outbox order by id limit ${limit}
    ) unpublished
    join shipment on shipment.id = event_shipment_id
    order by event_id`);
  return rows.map(({ event_id: eventId, event_kind: kind, event_time: eventTime, ...row }) => ({
    ...{ eventId, kind, eventTime },
    shipment: toShipment(row),
  }));
}

/** Forgets what is published. */
export async function deletePublished(db: Queryable, eventIds: readonly bigint[]): Promise<void> {
  await db.execute(sql`delete from outbox where id = any(${eventIds}::bigint[])`);
}
