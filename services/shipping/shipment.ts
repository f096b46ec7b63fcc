import type { LabelRefund } from "./carrier.ts";
import type { Rate } from "./rates.ts";
import type { TrackingEvent, TrackingStatus } from "./tracking.ts";

/**
 * Where a shipment stands. RATED → BUYING → LABELED; a refused purchase goes back to RATED. At a flat rate
 * RATED → READY → SHIPPED: the merchant ships it by itself, and as long as it has not may buy a carrier's label.
 * One that is RATED or READY may be SPLIT: others carry its goods.
 */
export type ShipmentState = "RATED" | "BUYING" | "LABELED" | "READY" | "SHIPPED" | "SPLIT";

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

/** Millimetres and grams. */
export interface Box {
  lengthMm: number;
  widthMm: number;
  heightMm: number;
  weightG: number;
}

/** Units of a SKU in a shipment. */
export interface ShipmentItem {
  sku: string;
  quantity: number;
  title: string;
  /** The box of one unit. */
  unit: Box;
  /** What the buyer pays for one unit before discounts, in minor units; 0 when it was not said. */
  unitPrice: number;
  /** For customs, ISO 3166-1 alpha-2; what the shop says of all its goods when not given. */
  originCountryCode?: string;
  /** For customs; without it carriers take it over no customs border. */
  tariffNumber?: string;
}

/** A label that was given back before the carrier had its parcel. */
export interface VoidedLabel {
  rateId: string;
  trackingNumber: string;
  labelUrl: string;
  /** What became of its money. */
  refund: LabelRefund;
  /** ISO 8601, in UTC. */
  voidTime: string;
}

/** A shipment as it is stored. */
export interface Shipment {
  id: string;
  orderId: string;
  state: ShipmentState;
  fingerprint: Uint8Array;
  address: PostalAddress;
  /** How the recipient is reached; what was not said is empty. */
  contact: { email: string; phone: string };
  /** Without any it cannot be split. */
  items: ShipmentItem[];
  /** The currency of its rates. */
  currencyCode: string;
  /** What the buyer pays for the goods of the order, in minor units; it counts for flat rates. */
  goodsTotal: bigint;
  rates: Rate[];
  /** The chosen rate, or empty. */
  rateId: string;
  providerId: string;
  /** Who carries what the merchant has shipped; empty for a label, whose rate says it. */
  carrier: string;
  trackingNumber: string;
  trackingUrl: string;
  labelUrl: string;
  /** How many calls have taken the purchase; the number of the last is its proof of the lease. */
  buyAttempts: number;
  /** While BUYING: until then the purchase belongs to the call that started it. */
  buyingUntil: Date | null;
  /** Rates whose purchase was taken over: what became of it is not known here, and a label may exist. */
  doubtfulRates: string[];
  trackingStatus: TrackingStatus;
  /** The oldest first. */
  trackingEvents: TrackingEvent[];
  /** The oldest first. */
  voidedLabels: VoidedLabel[];
  /** The shipment whose goods come back with this one; empty: it goes to the customer. */
  returnOf: string;
  createTime: Date;
  updateTime: Date;
}

/** What a shipment is made of. */
export type ShipmentContent = Pick<
  Shipment,
  | "id"
  | "orderId"
  | "fingerprint"
  | "address"
  | "contact"
  | "items"
  | "currencyCode"
  | "goodsTotal"
  | "rates"
  | "providerId"
>;

/** A shipment that was just rated. */
export function newShipment({ now, ...content }: ShipmentContent & { now: Date }): Shipment {
  return {
    ...content,
    state: "RATED",
    rateId: "",
    ...{ carrier: "", trackingNumber: "", trackingUrl: "", labelUrl: "" },
    ...{ buyAttempts: 0, buyingUntil: null, doubtfulRates: [] },
    ...{ trackingStatus: "", trackingEvents: [], voidedLabels: [], returnOf: "" },
    createTime: now,
    updateTime: now,
  };
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
