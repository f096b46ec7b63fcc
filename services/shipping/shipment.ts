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
  buyAttempts: number;
  /** While BUYING: until then the purchase belongs to the call that started it. */
  buyingUntil: Date | null;
  createTime: Date;
  updateTime: Date;
}

/**
 * How long a purchase belongs to the call that started it, in milliseconds: a
 * look-up and a purchase that both take the carrier's whole time, and some
 * seconds for the statements around them and for clocks that differ.
 */
export function leaseMs({ timeoutMs }: { timeoutMs: number }): number {
  return 2 * timeoutMs + 5_000;
}
