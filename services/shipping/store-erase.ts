import { json, type Queryable, sql } from "../../lib/db/index.ts";

/** The country and the region stay. */
const nowhere = { name: "", line1: "", line2: "", city: "", postalCode: "" };

/** Blots out where the parcels of these orders went. */
export async function eraseRecipients(tx: Queryable, orderIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update shipment set address = address || ${json(nowhere)}::jsonb
    where order_id = any(${orderIds}::text[]) and address ->> 'name' <> ''`);
}

/** Deletes what the carrier has told of parcels on their way to these: it names their towns. */
export async function deleteTracking(tx: Queryable, orderIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    delete from webhook_event
    where state <> 'RECEIVED' and subject in (
      select tracking_number from shipment
      where order_id = any(${orderIds}::text[]) and tracking_number <> '')`);
}
