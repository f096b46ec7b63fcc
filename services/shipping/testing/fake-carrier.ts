import {
  type Carrier,
  CarrierUnavailable,
  type Consignment,
  type Label,
  type Quote,
  type QuotedRate,
} from "../carrier.ts";

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

/** The label that the fake sells for a rate. */
export function labelOf(rateProviderId: string): Label {
  return {
    trackingNumber: `T-${rateProviderId}`,
    trackingUrl: `https://track.test/${rateProviderId}`,
    labelUrl: `https://labels.test/${rateProviderId}.pdf`,
  };
}

/** A carrier that remembers what it sold, and fails as it is told to. */
export class FakeCarrier implements Carrier {
  readonly name = "Fake";
  readonly timeoutMs = 10_000;
  quoted: Quote = { providerId: "pshp_1", rates: [quotedRate()], remarks: "" };
  readonly consignments: Consignment[] = [];
  /** The rate of each label that was sold, in order: every entry is one that was paid for. */
  readonly sold: string[] = [];
  lookups = 0;
  /** Thrown by the next quote. */
  quoteFails: Error | undefined;
  /** Thrown by each look-up. */
  lookupFails: Error | undefined;
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
    return labelOf(rateProviderId);
  }

  async findLabel(rateProviderId: string): Promise<Label | undefined> {
    this.lookups++;
    if (this.lookupFails !== undefined) throw this.lookupFails;
    return this.sold.includes(rateProviderId) ? labelOf(rateProviderId) : undefined;
  }

  /** Sells the label, and loses the answer. */
  sellAndCutOff(rateProviderId: string): () => Promise<void> {
    return async () => {
      this.sold.push(rateProviderId);
      throw new CarrierUnavailable("cut off", { pending: true });
    };
  }
}
