import type { CustomsItem } from "./customs.ts";
import type { PostalAddress } from "./shipment.ts";
import type { Tracking } from "./tracking.ts";

/** Where parcels are sent from, and whom the carrier asks when something is wrong. Empty fields are left out. */
export interface Sender {
  name: string;
  line1: string;
  line2?: string;
  city: string;
  state?: string;
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  countryCode: string;
  /** E.164. */
  phone?: string;
  email?: string;
}

/** A parcel and where it goes. */
export interface Consignment {
  /** Rowlock's id of the shipment; the carrier shows it in its own lists. */
  shipmentId: string;
  to: PostalAddress & { phone: string; email: string };
  /** Millimetres and grams. */
  parcel: { lengthMm: number; widthMm: number; heightMm: number; weightG: number };
  /** What is declared of the goods; nothing when they cross no customs border. */
  customs: CustomsItem[];
  /** The parcel comes back from there, by this carrier, instead of going there. */
  returnBy?: string;
}

/** What one carrier asks for a consignment. */
export interface QuotedRate {
  /** The provider's id; a label is bought by it. */
  providerId: string;
  carrier: string;
  service: string;
  /** The price as a decimal in major units, as the provider wrote it: `9.90`. */
  amount: string;
  /** ISO 4217. */
  currencyCode: string;
  /** 0 when the carrier does not say. */
  estimatedDays: number;
  /** `CHEAPEST`, `FASTEST`, `BESTVALUE`. */
  attributes: string[];
}

/** The answer to a request for rates. */
export interface Quote {
  /** The provider's id of the shipment. */
  providerId: string;
  rates: QuotedRate[];
  /** What the carriers remarked, for example why some of them have no rate. */
  remarks: string;
}

/** A label that was bought. */
export interface Label {
  trackingNumber: string;
  trackingUrl: string;
  labelUrl: string;
}

/**
 * A provider of rates and labels. Buying is not idempotent at the provider:
 * callers look for an earlier label with `findLabel` before they buy again.
 */
export interface Carrier {
  /** The provider's name, for errors and logs. */
  readonly name: string;
  /** No request to the provider takes longer than this, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether goods to that country, ISO 3166-1 alpha-2, or back from it, are to be declared. */
  crossesCustoms(countryCode: string): boolean;
  /**
   * Asks what it costs; costs nothing and binds to nothing.
   * @throws CarrierRefused for an address or a parcel it will not take; CarrierUnavailable
   */
  quote(consignment: Consignment): Promise<Quote>;
  /**
   * Buys the label of a rate. Never repeated by the implementation.
   * @throws CarrierRefused when it will not sell it; CarrierUnavailable
   */
  buyLabel(purchase: { rateProviderId: string; shipmentId: string }): Promise<Label>;
  /**
   * The label that was bought for a rate, if one was; not one of those that were voided, by their tracking numbers.
   * @throws CarrierUnavailable
   */
  findLabel(rateProviderId: string, voided?: readonly string[]): Promise<Label | undefined>;
  /**
   * Where a parcel is; nothing when the provider does not know it.
   * @throws CarrierUnavailable
   */
  track(parcel: ParcelNumber): Promise<Tracking | undefined>;
  /**
   * Voids the label of a rate and asks for its money back. Safe to repeat: what was voided before stays so.
   * @throws CarrierRefused when the label was used, or is too old; CarrierUnavailable
   */
  voidLabel(label: BoughtLabel): Promise<"PENDING" | "DONE">;
  /**
   * Whether post would arrive at an address.
   * @throws CarrierUnavailable, also when the answer takes longer than `timeoutMs`
   */
  checkAddress(address: PostalAddress, options: { timeoutMs: number }): Promise<AddressCheck>;
  /**
   * What became of the money of a label; LIVE when nobody voided it.
   * @throws CarrierUnavailable
   */
  findRefund(label: BoughtLabel): Promise<LabelRefund | "LIVE">;
}

/** What a provider says of an address. */
export interface AddressCheck {
  valid: boolean;
  /** The provider's words, each about the field that it names, or about the whole address. */
  remarks: { field: keyof PostalAddress | ""; description: string }[];
  /** The address as the post writes it. */
  standard: PostalAddress;
}

/** A carrier, as its rates name it, and its number of a parcel. */
export interface ParcelNumber {
  carrier: string;
  trackingNumber: string;
}

/** A label by what it was bought for and the number that it bears. */
export interface BoughtLabel {
  rateProviderId: string;
  trackingNumber: string;
}

/** What became of the money of a voided label: the carrier has not decided, gave it back, or keeps it. */
export type LabelRefund = "PENDING" | "DONE" | "REFUSED";

/** The carrier said no, and will say no again. The message is the carrier's own and may be shown. */
export class CarrierRefused extends Error {
  override readonly name = "CarrierRefused";
}

/** The carrier gave no usable answer; the call may be repeated. */
export class CarrierUnavailable extends Error {
  override readonly name = "CarrierUnavailable";
  /**
   * Whether the request may still be at work at the carrier: it was sent, and
   * no answer was seen. A purchase is then not looked for too soon.
   */
  readonly pending: boolean;

  constructor(message: string, { pending, cause }: { pending: boolean; cause?: unknown }) {
    super(message, { cause });
    this.pending = pending;
  }
}
