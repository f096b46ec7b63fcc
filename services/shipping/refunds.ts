/** Labels that were voided, and their money. */
import type { LabelRefund } from "./carrier.ts";
import { parcelMoved } from "./parcel-moved.ts";
import { rateOf } from "./rates.ts";
import type { ShippingDeps } from "./service.ts";
import type { Shipment } from "./shipment.ts";
import { storeRefund, storeVoid } from "./store-void.ts";

/** The present label of a shipment, as the provider knows it. */
export function boughtLabelOf(shipment: Shipment) {
  const rateProviderId = rateOf(shipment, shipment.rateId)?.providerId ?? "";
  return { rateProviderId, trackingNumber: shipment.trackingNumber };
}

/** Puts the present label to the voided ones, and tells Order; nothing when another call did, or bought the next one. */
export async function keepVoid(
  { db, clock, jobs }: ShippingDeps,
  { id, orderId, rateId, trackingNumber, labelUrl }: Shipment,
  refund: LabelRefund,
): Promise<Shipment | undefined> {
  const now = clock();
  return db.transaction(async (tx) => {
    const label = { rateId, trackingNumber, labelUrl, refund, voidTime: now.toISOString() };
    const shipment = await storeVoid(tx, { id, label, now });
    if (shipment !== undefined) await jobs.enqueue(tx, parcelMoved, { orderId, shipmentId: id });
    return shipment;
  });
}

/**
 * Asks what became of the money of voided labels that is still to come.
 * @throws CarrierUnavailable
 */
export async function refreshRefunds({ db, carrier }: ShippingDeps, shipment: Shipment): Promise<void> {
  for (const { rateId, trackingNumber, refund } of shipment.voidedLabels) {
    const rateProviderId = rateOf(shipment, rateId)?.providerId;
    if (refund !== "PENDING" || rateProviderId === undefined) continue;
    const now = await carrier.findRefund({ rateProviderId, trackingNumber });
    if (now !== "PENDING" && now !== "LIVE")
      await storeRefund(db, { id: shipment.id, trackingNumber, refund: now });
  }
}

/**
 * Follows a label that was voided elsewhere, at the provider's own pages.
 * @throws CarrierUnavailable
 */
export async function followVoid(deps: ShippingDeps, shipment: Shipment): Promise<void> {
  if (shipment.state !== "LABELED") return;
  const refund = await deps.carrier.findRefund(boughtLabelOf(shipment));
  if (refund === "PENDING" || refund === "DONE") await keepVoid(deps, shipment, refund);
}
