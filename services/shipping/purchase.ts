import type { Queryable } from "../../lib/db/index.ts";
import { CarrierRefused, CarrierUnavailable, type Label } from "./carrier.ts";
import { parcelMoved } from "./parcel-moved.ts";
import { isFlatRate, rateOf } from "./rates.ts";
import { fail } from "./reasons.ts";
import type { ShippingDeps } from "./service.ts";
import { leaseMs, type Shipment } from "./shipment.ts";
import { endPurchase, findShipment, releasePurchase, renewPurchase, storeLabel } from "./store.ts";

/** A label and the rate that it was bought for. */
interface Bought {
  rateId: string;
  label: Label;
}

/** A lease that has lost so much of its time, in milliseconds, is renewed before the label is ordered. */
const staleMs = 1_000;

/**
 * Buys the label of a shipment that was claimed by this call; nothing when
 * another call took the purchase over meanwhile.
 * Errors: LABEL_REFUSED, PROVIDER_UNAVAILABLE, SHIPMENT_NOT_FOUND.
 */
export async function purchase(deps: ShippingDeps, shipment: Shipment): Promise<Shipment | undefined> {
  let bought: Bought | undefined;
  try {
    bought = await obtainLabel(deps, shipment);
  } catch (err) {
    throw await giveUp(deps, shipment, err);
  }
  return bought && keepLabel(deps, shipment, bought);
}

/** Stores the label of a shipment; when it has one already, or has gone without, that stays. Errors: SHIPMENT_NOT_FOUND. */
export async function keepLabel(
  deps: ShippingDeps,
  shipment: Pick<Shipment, "id" | "orderId" | "rates" | "voidedLabels">,
  { rateId, label }: Bought,
): Promise<Shipment> {
  const { db, clock, log } = deps;
  const { id, orderId } = shipment;
  const store = (tx: Queryable) => storeLabel(tx, { id, rateId, label, now: clock() });
  // Order does not wait for the label after a voided one, nor for one in place of a flat rate: it is told of it.
  const mayBeAwaited = shipment.voidedLabels.length === 0 && !shipment.rates.some(isFlatRate);
  const labeled = await (mayBeAwaited
    ? store(db)
    : db.transaction(async (tx) => {
        const stored = await store(tx);
        if (stored !== undefined) await deps.jobs.enqueue(tx, parcelMoved, { orderId, shipmentId: id });
        return stored;
      }));
  if (labeled !== undefined) return labeled;
  const existing = await findShipment(db, id);
  if (existing === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: id });
  // Staff were faster than the answer: the label was found, and voided.
  if (voidedNumbersOf(existing).includes(label.trackingNumber)) {
    throw fail("LABEL_REFUSED", { message: "the label was voided" });
  }
  if (existing.labelUrl !== label.labelUrl) {
    const { trackingNumber } = label;
    log.error(
      { shipmentId: id, rateId, trackingNumber },
      "a purchase outlived its lease: this label is one too many",
    );
  }
  return existing;
}

/** The label that an earlier purchase of doubtful outcome brought, if one did. Errors: CarrierUnavailable. */
async function findBought({ carrier }: ShippingDeps, shipment: Shipment): Promise<Bought | undefined> {
  for (const rateId of shipment.doubtfulRates) {
    const label = await carrier.findLabel(providerIdOf(shipment, rateId), voidedNumbersOf(shipment));
    if (label !== undefined) return { rateId, label };
  }
  return undefined;
}

/** The numbers on the labels that were voided: none of them is taken for a live one. */
export function voidedNumbersOf({ voidedLabels }: Pick<Shipment, "voidedLabels">): string[] {
  return voidedLabels.map(({ trackingNumber }) => trackingNumber);
}

async function obtainLabel(deps: ShippingDeps, shipment: Shipment): Promise<Bought | undefined> {
  const { db, carrier, clock, log } = deps;
  const { id, rateId, buyAttempts: attempt } = shipment;
  const earlier = await findBought(deps, shipment);
  if (earlier !== undefined) {
    log.info({ shipmentId: id }, "found the label that an earlier attempt had bought");
    return earlier;
  }
  // The lease counts from the order on. A look-up took some of it, and a process that stood still may have lost it.
  const now = clock().getTime();
  const left = (shipment.buyingUntil?.getTime() ?? 0) - now;
  if (left < leaseMs(carrier) - staleMs) {
    const until = new Date(now + leaseMs(carrier));
    if (!(await renewPurchase(db, { id, attempt, until }))) return undefined;
  }
  const rateProviderId = providerIdOf(shipment, rateId);
  return { rateId, label: await carrier.buyLabel({ rateProviderId, shipmentId: id }) };
}

function providerIdOf(shipment: Shipment, rateId: string): string {
  const rate = rateOf(shipment, rateId);
  if (rate === undefined) throw new Error(`shipment ${shipment.id} lost its rate ${rateId}`);
  return rate.providerId;
}

/** Leaves the shipment as the failure demands, and says what to tell the caller. */
async function giveUp(
  { db, clock, carrier }: ShippingDeps,
  shipment: Shipment,
  err: unknown,
): Promise<unknown> {
  const attempt = { id: shipment.id, attempt: shipment.buyAttempts, now: clock() };
  if (err instanceof CarrierRefused) {
    await endPurchase(db, attempt);
    return fail("LABEL_REFUSED", { message: err.message }, { cause: err });
  }
  if (err instanceof CarrierUnavailable) {
    // A purchase that may still be at work is not listed yet: the lease stays, and its end is the time to look.
    if (!err.pending) await releasePurchase(db, attempt);
    return fail("PROVIDER_UNAVAILABLE", { provider: carrier.name }, { cause: err });
  }
  return err;
}
