import { createHash, timingSafeEqual } from "node:crypto";
import type { Tx } from "../../lib/db/index.ts";
import {
  defineWebhookQueue,
  failWebhook,
  type IncomingEvent,
  type StoredEvent,
} from "../../lib/webhooks/index.ts";
import { CarrierRefused } from "./carrier.ts";
import { keepLabel, voidedNumbersOf } from "./purchase.ts";
import { followVoid, refreshRefunds } from "./refunds.ts";
import type { ShippingDeps } from "./service.ts";
import { findShipment, findTrackingNumbers } from "./store.ts";
import { findByNumber, findNumbersUnderWay } from "./store-tracking.ts";
import { trackParcel } from "./track.ts";

/** Applies what Shippo has told. */
export const shippingWebhooks = defineWebhookQueue("shipping");

/** Shippo signs nothing by itself: what it knows is the URL it was given, with a token. Compared in constant time. */
export function isShippoToken(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return token !== "" && timingSafeEqual(digest(given), digest(token));
}

/**
 * The event in a message of Shippo's. It has no id; a digest of the message is taken for one.
 * Errors: WEBHOOK_MALFORMED.
 */
export function readShippoEvent(body: Uint8Array): IncomingEvent {
  const payload = parse(body);
  const { event: type, data } = payload;
  if (typeof type !== "string" || typeof data !== "object" || data === null) {
    throw malformed("it has no event with data");
  }
  const { object_id: id, tracking_number: trackingNumber } = data as Record<string, unknown>;
  const subject = [id, trackingNumber].find((each) => typeof each === "string") as string | undefined;
  const providerEventId = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  return { provider: "shippo", providerEventId, type, subject: subject ?? "", payload };
}

/** The events that tell nothing new: of labels that are stored, and of parcels that have arrived or are not ours. */
export async function settleKnownEvents(
  tx: Tx,
  events: readonly IncomingEvent[],
): Promise<ReadonlySet<IncomingEvent>> {
  const purchases = events.filter(isPurchase);
  const ids = purchases.map((event) => purchaseIn(event).shipmentId).filter((id) => id !== "");
  const stored = ids.length === 0 ? new Map<string, string>() : await findTrackingNumbers(tx, ids);
  const numbers = events.filter(isTrack).map(parcelIn);
  const underWay = numbers.length === 0 ? new Set<string>() : await findNumbersUnderWay(tx, numbers);
  return new Set(
    events.filter((event) => {
      if (isTrack(event)) return !underWay.has(parcelIn(event));
      if (!isPurchase(event)) return true;
      const { shipmentId, trackingNumber, status } = purchaseIn(event);
      if (shipmentId === "") return true;
      return (
        !status.startsWith("REFUND") && trackingNumber !== "" && stored.get(shipmentId) === trackingNumber
      );
    }),
  );
}

/**
 * Follows what Shippo says has changed: a purchase whose call gave up while Shippo worked on it, or died; the refund of
 * a label; the place of a parcel. What is stored is what Shippo tells when asked, not what the message says.
 */
export async function applyShippoEvent(deps: ShippingDeps, event: StoredEvent): Promise<void> {
  if (isTrack(event)) {
    for (const shipment of await findByNumber(deps.db, parcelIn(event))) await trackParcel(deps, shipment);
  }
  if (isPurchase(event)) await applyPurchase(deps, event);
}

async function applyPurchase(deps: ShippingDeps, event: StoredEvent): Promise<void> {
  const { shipmentId, rateId, status } = purchaseIn(event);
  const shipment = shipmentId === "" ? undefined : await findShipment(deps.db, shipmentId);
  const bought = shipment?.rates.find((each) => each.providerId === rateId);
  if (shipment === undefined || bought === undefined) return;
  if (status.startsWith("REFUND")) {
    await followVoid(deps, shipment);
    return refreshRefunds(deps, shipment);
  }
  try {
    const label = await deps.carrier.findLabel(bought.providerId, voidedNumbersOf(shipment));
    if (label !== undefined) await keepLabel(deps, shipment, { rateId: bought.id, label });
  } catch (err) {
    // A purchase that failed is for the next call to find out: it may choose another rate.
    if (!(err instanceof CarrierRefused)) throw err;
  }
}

function isTrack({ type }: IncomingEvent): boolean {
  return type === "track_updated";
}

/** The number of the parcel that an event tells of. */
function parcelIn({ payload }: IncomingEvent): string {
  return plain((payload as { data: Record<string, unknown> }).data["tracking_number"]);
}

function isPurchase({ type }: IncomingEvent): boolean {
  return type === "transaction_created" || type === "transaction_updated";
}

/**
 * What an event of a purchase is about; what it does not say is empty. Purchases carry their shipment's id; those of
 * others on the same account do not.
 */
function purchaseIn({
  payload,
}: IncomingEvent): Record<"shipmentId" | "rateId" | "trackingNumber" | "status", string> {
  const { metadata, rate, tracking_number, status } = (payload as { data: Record<string, unknown> }).data;
  const rateId = typeof rate === "object" ? (rate as { object_id?: unknown } | null)?.object_id : rate;
  return {
    shipmentId: plain(metadata),
    rateId: plain(rateId),
    trackingNumber: plain(tracking_number),
    status: plain(status),
  };
}

/** A text of the kind that ids, numbers and words have; Postgres does not take all others. */
function plain(value: unknown): string {
  return typeof value === "string" && /^[\w-]{1,64}$/.test(value) ? value : "";
}

function parse(body: Uint8Array): Record<string, unknown> {
  let payload: unknown;
  try {
    payload = JSON.parse(Buffer.from(body).toString());
  } catch {
    throw malformed("it is no JSON");
  }
  if (typeof payload !== "object" || payload === null) throw malformed("it is no object");
  return payload as Record<string, unknown>;
}

function malformed(description: string): Error {
  return failWebhook("WEBHOOK_MALFORMED", { provider: "shippo", description });
}
