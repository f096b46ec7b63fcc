import { createHash, timingSafeEqual } from "node:crypto";
import {
  defineWebhookQueue,
  failWebhook,
  type IncomingEvent,
  type StoredEvent,
} from "../../lib/webhooks/index.ts";
import { CarrierRefused } from "./carrier.ts";
import { keepLabel } from "./purchase.ts";
import type { ShippingDeps } from "./service.ts";
import { findShipment } from "./store.ts";

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

/**
 * Stores the label of a purchase that Shippo says has changed: one whose call gave up while Shippo worked on it, or
 * died. What is stored is what Shippo tells when asked for the rate's purchases. News of a parcel on its way change
 * nothing here: the carrier's own page has them.
 */
export async function applyShippoEvent(deps: ShippingDeps, { type, payload }: StoredEvent): Promise<void> {
  if (type !== "transaction_created" && type !== "transaction_updated") return;
  const { metadata, rate } = (payload as { data: Record<string, unknown> }).data;
  // Purchases carry their shipment's id; those of others on the same account do not.
  const shipment = typeof metadata === "string" ? await findShipment(deps.db, metadata) : undefined;
  const providerId = typeof rate === "object" ? (rate as { object_id?: unknown } | null)?.object_id : rate;
  const bought = shipment?.rates.find((each) => each.providerId === providerId);
  if (shipment === undefined || bought === undefined) return;
  try {
    const label = await deps.carrier.findLabel(bought.providerId);
    if (label !== undefined) await keepLabel(deps, shipment, { rateId: bought.id, label });
  } catch (err) {
    // A purchase that failed is for the next call to find out: it may choose another rate.
    if (!(err instanceof CarrierRefused)) throw err;
  }
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
