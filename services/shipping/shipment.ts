import type { Rate } from "./rates.ts";

/** Where a shipment stands. RATED → BUYING → LABELED; a refused purchase goes back to RATED. */
export type ShipmentState = "RATED" | "BUYING" | "LABELED";

/** Where the parcel goes. */
export interface PostalAddress {
  name: string;
  line1: string;
  line2: string;
  city: string;
  state: string;
  postalCode: string;
  countryCode: string;
}

/** A shipment as it is stored. */
export interface Shipment {
  id: string;
  orderId: string;
  state: ShipmentState;
  fingerprint: Uint8Array;
  address: PostalAddress;
  rates: Rate[];
  /** The chosen rate, or empty. */
  rateId: string;
  providerId: string;
  trackingNumber: string;
  trackingUrl: string;
  labelUrl: string;
  /** How many calls have taken the purchase; the number of the last is its proof of the lease. */
  buyAttempts: number;
  /** While BUYING: until then the purchase belongs to the call that started it. */
  buyingUntil: Date | null;
  /** Rates whose purchase was taken over: what became of it is not known here, and a label may exist. */
  doubtfulRates: string[];
  createTime: Date;
  updateTime: Date;
}

/** How long a carrier may go on with a purchase after we stopped listening, in milliseconds. */
const afterthoughtMs = 10_000;

/**
 * How long a purchase belongs to the call that orders it, in milliseconds from
 * the order on: the carrier's whole time to answer, and as long again as it
 * may take to finish what it has begun. After that a label is listed, or never
 * will be. Together with the 12 s in which a dead worker is noticed this
 * bounds the time in which its purchase is taken over.
 */
export function leaseMs({ timeoutMs }: { timeoutMs: number }): number {
  return timeoutMs + afterthoughtMs;
}
