/** Where parcels are, and what is to be asked of their carriers. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Shipment } from "./shipment.ts";
import { type ShipmentRow, shipmentColumns, toShipment } from "./store.ts";
import { finalStatuses, type ToldKind, type Tracking } from "./tracking.ts";

/** The shipments whose label bears this number: one, as long as carriers do not use theirs again. */
export async function findByNumber(db: Queryable, trackingNumber: string): Promise<Shipment[]> {
  const rows = await db.query<ShipmentRow>(sql`
    select ${shipmentColumns} from shipment where tracking_number = ${trackingNumber} and tracking_number <> ''`);
  return rows.map(toShipment);
}

/** Which of these numbers are on labels of parcels that are not where they go to. */
export async function findNumbersUnderWay(
  db: Queryable,
  trackingNumbers: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ trackingNumber: string }>(sql`
    select tracking_number as "trackingNumber" from shipment
    where tracking_number = any(${trackingNumbers}::text[]) and tracking_number <> ''
      and not tracking_status = any(${finalStatuses}::text[])`);
  return new Set(rows.map(({ trackingNumber }) => trackingNumber));
}

/** Where the parcel with this label is, as it is stored. Locks the shipment. */
export async function lockTracking(
  tx: Queryable,
  { id, trackingNumber }: Pick<Shipment, "id" | "trackingNumber">,
): Promise<Tracking | undefined> {
  const [row] = await tx.query<Tracking>(sql`
    select tracking_status as status, tracking_events as events from shipment
    where id = ${id} and state = 'LABELED' and tracking_number = ${trackingNumber}
    for update`);
  return row;
}

/** Stores where a locked parcel is, and what is told of it. Of one that has arrived nothing more is asked. */
export async function storeTracking(
  tx: Queryable,
  {
    id,
    tracking: { status, events },
    told,
    now,
  }: { id: string; tracking: Tracking; told: readonly ToldKind[]; now: Date },
): Promise<void> {
  await tx.execute(sql`
    with tracked as (
      update shipment set
        tracking_status = ${status},
        tracking_events = ${json(events)}::jsonb,
        look_time = case when ${finalStatuses.includes(status)} then null else look_time end,
        update_time = ${now}
      where id = ${id}
      returning id
    )
    insert into outbox (shipment_id, kind, create_time)
    select id, kind, ${now} from tracked, unnest(${told}::text[]) with ordinality as told (kind, place)
    order by place`);
}

/**
 * Takes shipments whose carrier is to be asked now, the longest due first; busy ones are passed over, and a taken one
 * is not due for the others. The older the label the rarer: after an eighth of its age, between a quarter of an hour
 * and half a day; not at all when it is sixty days old.
 */
export async function claimToLookAt(
  db: Queryable,
  { now, limit }: { now: Date; limit: number },
): Promise<Shipment[]> {
  const age = sql`(${now}::timestamptz - coalesce(label_time, update_time))`;
  const rows = await db.query<ShipmentRow>(sql`
    with due as (
      select id from shipment where look_time <= ${now} order by look_time limit ${limit} for update skip locked
    )
    update shipment set look_time = case
      when ${age} > interval '60 days' then null
      else ${now}::timestamptz + greatest(interval '15 minutes', least(interval '12 hours', ${age} / 8)) end
    where id in (select id from due)
    returning ${shipmentColumns}`);
  return rows.map(toShipment);
}
