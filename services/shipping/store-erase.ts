import { json, type Queryable, sql } from "../../lib/db/index.ts";

/** The country and the region stay. */
const nowhere = { name: "", line1: "", line2: "", city: "", postalCode: "" };
const nobody = { email: "", phone: "" };

/**
 * Blots out where the parcels of these orders went, which way, and how their recipients are reached. Their carriers are
 * not asked any more.
 */
export async function eraseRecipients(tx: Queryable, orderIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    update shipment set address = address || ${json(nowhere)}::jsonb, contact = ${json(nobody)},
      tracking_events = '[]', look_time = null
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
