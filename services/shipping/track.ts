import { parcelMoved } from "./parcel-moved.ts";
import { rateOf } from "./rates.ts";
import { refreshRefunds } from "./refunds.ts";
import type { ShippingDeps } from "./service.ts";
import type { Shipment } from "./shipment.ts";
import { claimToLookAt, lockTracking, storeTracking } from "./store-tracking.ts";
import { advance, toldOf } from "./tracking.ts";

/** How many shipments one sweep takes. */
const sweepLimit = 100;
/** How many of them are asked for at the same time. */
const askers = 4;

/**
 * Asks the carrier where a parcel is, and stores what is new; Order is told when it moved. Who learns of the same at
 * the same time tells once.
 * @throws CarrierUnavailable
 */
export async function trackParcel(deps: ShippingDeps, shipment: Shipment): Promise<void> {
  const { db, clock, carrier, jobs } = deps;
  const { id, orderId, rateId, trackingNumber } = shipment;
  const by = rateOf(shipment, rateId)?.carrier ?? "";
  // Of whom nothing is to be known any more, nothing is learned again.
  const isErased = shipment.address.name === "";
  if (shipment.state !== "LABELED" || by === "" || trackingNumber === "" || isErased) return;
  const told = await carrier.track({ carrier: by, trackingNumber });
  if (told === undefined) return;
  await db.transaction(async (tx) => {
    const known = await lockTracking(tx, shipment);
    const tracking = known && advance(known, told);
    if (known === undefined || tracking === undefined) return;
    const news = toldOf(known.status, tracking.status);
    await storeTracking(tx, { id, tracking, told: news, now: clock() });
    if (tracking.status !== known.status) await jobs.enqueue(tx, parcelMoved, { orderId, shipmentId: id });
  });
}

/**
 * Asks for parcels whose news do not come, and for the money of voided labels. Replicas that sweep at once share the
 * work; what a dead one had taken is due again at its next time. Returns how many shipments it visited.
 */
export async function sweepParcels(deps: ShippingDeps): Promise<number> {
  const { db, clock, log } = deps;
  const due = await claimToLookAt(db, { now: clock(), limit: sweepLimit });
  const rest = [...due];
  const asker = async () => {
    for (let shipment = rest.shift(); shipment !== undefined; shipment = rest.shift()) {
      try {
        await trackParcel(deps, shipment);
        await refreshRefunds(deps, shipment);
      } catch (err) {
        log.warn(
          { err, shipmentId: shipment.id },
          "the carrier does not say what became of a label; asked again later",
        );
      }
    }
  };
  await Promise.all(Array.from({ length: askers }, asker));
  return due.length;
}
