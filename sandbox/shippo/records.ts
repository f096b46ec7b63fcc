import { Collection } from "../store/collection.ts";
import type { Store } from "../store/store.ts";

export interface AddressFields {
  name?: string;
  company?: string;
  street1?: string;
  street2?: string;
  street3?: string;
  street_no?: string;
  city?: string;
  state?: string;
  zip?: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  phone?: string;
  email?: string;
  is_residential?: boolean;
  metadata?: string;
}

export interface ParcelFields {
  length: string;
  width: string;
  height: string;
  distance_unit: "cm" | "in" | "ft" | "m" | "mm" | "yd";
  weight: string;
  mass_unit: "g" | "kg" | "lb" | "oz";
  template?: string;
  metadata?: string;
  extra?: object;
}

export interface AddressRecord {
  id: string;
  created: number;
  fields: AddressFields;
  validated?: true;
}

export interface ParcelRecord {
  id: string;
  created: number;
  fields: ParcelFields;
}

export interface RateRecord {
  /** Token and scope of a service of the tariff. */
  service: string;
  /** Hundredths of the sender's currency. */
  cents: number;
  days: number;
  zone: number;
}

export interface Message {
  source: string;
  code: string;
  text: string;
}

export interface ShipmentRecord {
  id: string;
  created: number;
  from: AddressRecord;
  to: AddressRecord;
  back?: AddressRecord;
  parcels: ParcelRecord[];
  metadata: string;
  rates: RateRecord[];
  messages: Message[];
  shipment_date?: string;
  customs?: object;
  extra?: object;
}

export const TRACKING_STATUSES = [
  "UNKNOWN",
  "PRE_TRANSIT",
  "TRANSIT",
  "DELIVERED",
  "RETURNED",
  "FAILURE",
] as const;
export type TrackingStatus = (typeof TRACKING_STATUSES)[number];

export interface TrackingRecord {
  id: string;
  at: number;
  status: TrackingStatus;
}

export interface TransactionRecord {
  id: string;
  created: number;
  updated: number;
  rate: string;
  shipment: string;
  metadata: string;
  label_file_type: string;
  status: "SUCCESS" | "ERROR" | "REFUNDED" | "REFUNDREJECTED";
  messages: Message[];
  tracking_number?: string;
  /** Where the parcel has been seen, the oldest first; not at all when absent. */
  tracking?: TrackingRecord[];
  /** Lower-case e-mail address of the addressee, to find the label by. */
  to?: string;
}

export interface LabelRefundRecord {
  id: string;
  created: number;
  transaction: string;
  /** The parcel was on its way by then. */
  refused?: true;
}

export type ShippoRecords = ReturnType<typeof openShippoRecords>;

export function openShippoRecords(store: Store) {
  return {
    addresses: new Collection<AddressRecord>(store, { name: "shippo_address", keys: {} }),
    parcels: new Collection<ParcelRecord>(store, { name: "shippo_parcel", keys: {} }),
    shipments: new Collection<ShipmentRecord>(store, { name: "shippo_shipment", keys: {} }),
    transactions: new Collection<TransactionRecord, "rate" | "status" | "to" | "number" | "tracking">(store, {
      name: "shippo_transaction",
      keys: {
        rate: (transaction) => transaction.rate,
        status: (transaction) => transaction.status,
        to: (transaction) => transaction.to,
        number: (transaction) => transaction.tracking_number,
        tracking: trackingStatus,
      },
    }),
    refunds: new Collection<LabelRefundRecord, "transaction">(store, {
      name: "shippo_refund",
      keys: { transaction: (refund) => refund.transaction },
    }),
  };
}

/** From whom and to whom a parcel goes: of a return, which is asked for like what it answers, the other way round. */
export function directionOf({ from, to, extra }: ShipmentRecord): { from: AddressRecord; to: AddressRecord } {
  const isReturn = (extra as { is_return?: unknown } | undefined)?.is_return === true;
  return isReturn ? { from: to, to: from } : { from, to };
}

/** Where a parcel was seen last. */
export function trackingStatus({ tracking }: TransactionRecord): TrackingStatus {
  return tracking?.at(-1)?.status ?? "UNKNOWN";
}

/**
 * A shipment's rates have no rows of their own: a rate's id is the shipment's with the last two hex digits,
 * which are 00 there, counting its rates from 01.
 */
export function rateId(shipment: string, index: number): string {
  return shipment.slice(0, 30) + (index + 1).toString(16).padStart(2, "0");
}

/** The shipment and the rate that an id stands for. */
export function findRate(
  { shipments }: ShippoRecords,
  id: string,
): { shipment: ShipmentRecord; rate: RateRecord; index: number } | undefined {
  if (!/^[0-9a-f]{32}$/.test(id)) return undefined;
  const shipment = shipments.get(`${id.slice(0, 30)}00`);
  const index = Number.parseInt(id.slice(30), 16) - 1;
  const rate = shipment?.rates[index];
  return shipment && rate ? { shipment, rate, index } : undefined;
}
