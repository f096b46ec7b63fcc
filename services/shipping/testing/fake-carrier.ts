import {
  type AddressCheck,
  type BoughtLabel,
  type Carrier,
  CarrierRefused,
  CarrierUnavailable,
  type Consignment,
  type Label,
  type LabelRefund,
  type ParcelNumber,
  type Quote,
  type QuotedRate,
} from "../carrier.ts";
import type { PostalAddress } from "../shipment.ts";
import type { Tracking } from "../tracking.ts";

/** A rate as a carrier quotes it; USD unless told otherwise. */
export function quotedRate(rate: Partial<QuotedRate> = {}): QuotedRate {
  return {
    providerId: "prate_1",
    carrier: "USPS",
    service: "Priority Mail",
    amount: "9.90",
    currencyCode: "USD",
    estimatedDays: 2,
    attributes: [],
    ...rate,
  };
}

/** The label that the fake sells for a rate; the `sale`-th of it. */
export function labelOf(rateProviderId: string, sale = 1): Label {
  const name = sale === 1 ? rateProviderId : `${rateProviderId}-${sale}`;
  return {
    trackingNumber: `T-${name}`,
    trackingUrl: `https://track.test/${name}`,
    labelUrl: `https://labels.test/${name}.pdf`,
  };
}

/** A carrier that remembers what it sold, and fails as it is told to. */
export class FakeCarrier implements Carrier {
  readonly name = "Fake";
  readonly timeoutMs = 10_000;
  readonly crossesCustoms = (countryCode: string) => countryCode !== "US";
  /** What is said of an address. */
  checked: Partial<AddressCheck> = {};
  quoted: Quote = { providerId: "pshp_1", rates: [quotedRate()], remarks: "" };
  readonly consignments: Consignment[] = [];
  /** The rate of each label that was sold, in order: every entry is one that was paid for. */
  readonly sold: string[] = [];
  lookups = 0;
  /** Thrown by the next quote. */
  quoteFails: Error | undefined;
  /** Thrown by each look-up. */
  lookupFails: Error | undefined;
  /** What is known of parcels, by their numbers. */
  readonly parcels = new Map<string, Tracking>();
  /** Which parcels were asked for. */
  readonly tracked: string[] = [];
  /** What became of voided labels, by their numbers. */
  readonly refunds = new Map<string, LabelRefund>();
  /** What becomes of the next. */
  nextRefund: LabelRefund = "DONE";
  /** Runs before a label is voided. */
  beforeVoid: (() => Promise<void>) | undefined;
  /** Runs in place of the next sale. */
  nextSale: (() => Promise<void>) | undefined;

  async quote(consignment: Consignment): Promise<Quote> {
    this.consignments.push(consignment);
    const failure = this.quoteFails;
    this.quoteFails = undefined;
    if (failure !== undefined) throw failure;
    return this.quoted;
  }

  async buyLabel({ rateProviderId }: { rateProviderId: string }): Promise<Label> {
    const instead = this.nextSale;
    this.nextSale = undefined;
    await instead?.();
    this.sold.push(rateProviderId);
    return this.labelsOf(rateProviderId).at(-1) ?? labelOf(rateProviderId);
  }

  async findLabel(rateProviderId: string, voided: readonly string[] = []): Promise<Label | undefined> {
    this.lookups++;
    if (this.lookupFails !== undefined) throw this.lookupFails;
    return this.labelsOf(rateProviderId).find(({ trackingNumber }) => !voided.includes(trackingNumber));
  }

  async track({ trackingNumber }: ParcelNumber): Promise<Tracking | undefined> {
    this.tracked.push(trackingNumber);
    if (this.lookupFails !== undefined) throw this.lookupFails;
    return this.parcels.get(trackingNumber);
  }

  async voidLabel({ trackingNumber }: BoughtLabel): Promise<"PENDING" | "DONE"> {
    await this.beforeVoid?.();
    const refund = this.refunds.get(trackingNumber) ?? this.nextRefund;
    this.refunds.set(trackingNumber, refund);
    if (refund === "REFUSED") throw new CarrierRefused("the label was used");
    return refund;
  }

  async checkAddress(standard: PostalAddress): Promise<AddressCheck> {
    if (this.lookupFails !== undefined) throw this.lookupFails;
    return { valid: true, remarks: [], standard, ...this.checked };
  }

  async findRefund({ trackingNumber }: BoughtLabel): Promise<LabelRefund | "LIVE"> {
    if (this.lookupFails !== undefined) throw this.lookupFails;
    return this.refunds.get(trackingNumber) ?? "LIVE";
  }

  private labelsOf(rateProviderId: string): Label[] {
    const sold = this.sold.filter((rate) => rate === rateProviderId);
    return sold.map((_, index) => labelOf(rateProviderId, index + 1));
  }

  /** Sells the label, and loses the answer. */
  sellAndCutOff(rateProviderId: string): () => Promise<void> {
    return async () => {
      this.sold.push(rateProviderId);
      throw new CarrierUnavailable("cut off", { pending: true });
    };
  }
}
