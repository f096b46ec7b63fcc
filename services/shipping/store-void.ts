/** Labels that were voided. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { LabelRefund } from "./carrier.ts";
import type { Shipment, VoidedLabel } from "./shipment.ts";
import { type ShipmentRow, shipmentColumns, toShipment } from "./store.ts";

/**
 * LABELED → RATED: the label goes to the voided ones, and another may be bought. Bound to the label's number, so that
 * of any number of calls one does it, and none takes the next label. Nothing when it is not there any more.
 */
export async function storeVoid(
  tx: Queryable,
  { id, label, now }: { id: string; label: VoidedLabel; now: Date },
): Promise<Shipment | undefined> {
  const [row] = await tx.query<ShipmentRow>(sql`
    update shipment set
      state = 'RATED',
      voided_labels = voided_labels || ${json([label])}::jsonb,
      tracking_number = '', tracking_url = '', label_url = '',
      tracking_status = '', tracking_events = '[]',
      look_time = case when voided_labels || ${json([label])}::jsonb @> '[{"refund": "PENDING"}]'
        then ${now}::timestamptz + interval '1 hour' end,
      update_time = ${now}
    where id = ${id} and state = 'LABELED' and tracking_number = ${label.trackingNumber}
    returning ${shipmentColumns}`);
  return row && toShipment(row);
}

/** Notes what became of a voided label's money, once. */
export async function storeRefund(
  db: Queryable,
  { id, trackingNumber, refund }: { id: string; trackingNumber: string; refund: LabelRefund },
): Promise<void> {
  const pending = json([{ trackingNumber, refund: "PENDING" }]);
  await db.execute(sql`
    update shipment set voided_labels = (
      select jsonb_agg(
        case when label ->> 'trackingNumber' = ${trackingNumber}
          then label || jsonb_build_object('refund', ${refund}::text) else label end
        order by place)
      from jsonb_array_elements(voided_labels) with ordinality as each (label, place))
    where id = ${id} and voided_labels @> ${pending}::jsonb`);
}
