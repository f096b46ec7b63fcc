/** Shipments with which goods come back. */
import { json, type Queryable, sql } from "../../lib/db/index.ts";
import type { Rate } from "./rates.ts";
import type { Shipment } from "./shipment.ts";
import { type ShipmentRow, shipmentColumns, toShipment, toStored } from "./store.ts";

/** The shipment with which the goods of another come back. */
export async function findReturn(db: Queryable, returnOf: string): Promise<Shipment | undefined> {
  const [row] = await db.query<ShipmentRow>(sql`
    select ${shipmentColumns} from shipment where return_of = ${returnOf} and return_of <> ''`);
  return row && toShipment(row);
}

/** Stores a new return; false when the shipment has one already. */
export async function insertReturn(db: Queryable, shipment: Shipment): Promise<boolean> {
  const inserted = await db.execute(sql`
    insert into shipment
      (id, order_id, state, fingerprint, address, contact, items, currency_code, goods_total, rates, provider_id,
        return_of, create_time, update_time)
    values (
      ${shipment.id}, ${shipment.orderId}, ${shipment.state}, ${shipment.fingerprint},
      ${json(shipment.address)}, ${json(shipment.contact)}, ${json(shipment.items)}, ${shipment.currencyCode},
      ${shipment.goodsTotal}, ${json(shipment.rates.map(toStored))}, ${shipment.providerId},
      ${shipment.returnOf}, ${shipment.createTime}, ${shipment.updateTime})
    on conflict (return_of) where return_of <> '' do nothing`);
  return inserted === 1;
}

/**
 * Puts fresh rates before those of a return whose label was voided, which its voided labels still name; not while a
 * label is being bought, or is there.
 */
export async function renewRates(
  db: Queryable,
  { id, rates, providerId, now }: { id: string; rates: readonly Rate[]; providerId: string; now: Date },
): Promise<void> {
  await db.execute(sql`
    update shipment set
      rates = ${json(rates.map(toStored))}::jsonb || rates, provider_id = ${providerId}, rate_id = '',
      update_time = ${now}
    where id = ${id} and state = 'RATED'`);
}
