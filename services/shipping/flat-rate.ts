import type {
  FlatRate_Destination,
  FlatRate_Tier,
  FlatRate as FlatRateMessage,
} from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import { MoneyError, minorDigits } from "../../lib/money/money.ts";

/** A country, or a part of it. */
export interface Destination {
  countryCode: string;
  /** Empty: the whole country. */
  regions: readonly string[];
  excludedRegions: readonly string[];
}

/** A price, and when it counts; amounts in minor units. */
export interface Tier {
  currencyCode: string;
  amount: bigint;
  /** From this value of the goods on. */
  goodsFrom: bigint;
  /** 0: any. */
  maxWeightG: number;
}

/** What staff say of a flat rate. */
export interface FlatRateContent {
  title: string;
  /** Empty: everywhere. */
  destinations: readonly Destination[];
  /** Only where no other rate has a destination. */
  everywhereElse: boolean;
  tiers: readonly Tier[];
  /** 0: not said. */
  estimatedDays: number;
}

/** A flat rate as it is stored. */
export interface FlatRate extends FlatRateContent {
  id: string;
  revision: bigint;
  createTime: Date;
  updateTime: Date;
}

/** What a flat rate costs for one shipment, in minor units. */
export interface FlatOffer {
  flatRateId: string;
  title: string;
  estimatedDays: number;
  currencyCode: string;
  amount: bigint;
}

/** What flat rates look at. */
export interface FlatRateCase {
  countryCode: string;
  /** The state or province as the address writes it. */
  region: string;
  weightG: number;
  currencyCode: string;
  /** What the buyer pays for the goods, in minor units. */
  goodsTotal: bigint;
}

/** The flat rates that serve a shipment, with their prices for it. */
export function flatOffers(rates: readonly FlatRate[], shipment: FlatRateCase): FlatOffer[] {
  const isNamed = rates.some(({ destinations }) => goesTo(destinations, shipment));
  return rates.flatMap((rate) => {
    const { id: flatRateId, title, estimatedDays, destinations, everywhereElse } = rate;
    const serves = everywhereElse ? !isNamed : destinations.length === 0 || goesTo(destinations, shipment);
    const tier = serves ? tierFor(rate.tiers, shipment) : undefined;
    if (tier === undefined) return [];
    const { currencyCode, amount } = tier;
    return [{ flatRateId, title, estimatedDays, currencyCode, amount }];
  });
}

function goesTo(destinations: readonly Destination[], { countryCode, region }: FlatRateCase): boolean {
  const isHere = (name: string) => name.toLowerCase() === region.trim().toLowerCase();
  return destinations.some(
    ({ countryCode: country, regions, excludedRegions }) =>
      country === countryCode &&
      (regions.length === 0 || regions.some(isHere)) &&
      !excludedRegions.some(isHere),
  );
}

/** The tier with the highest value that the goods reach; of those the one for the lightest parcels. */
function tierFor(
  tiers: readonly Tier[],
  { currencyCode, goodsTotal, weightG }: FlatRateCase,
): Tier | undefined {
  const limit = ({ maxWeightG }: Tier) => (maxWeightG === 0 ? Number.POSITIVE_INFINITY : maxWeightG);
  return tiers
    .filter((tier) => tier.currencyCode === currencyCode)
    .filter((tier) => tier.goodsFrom <= goodsTotal && weightG <= limit(tier))
    .reduce<Tier | undefined>((best, tier) => {
      if (best === undefined || tier.goodsFrom > best.goodsFrom) return tier;
      return tier.goodsFrom === best.goodsFrom && limit(tier) < limit(best) ? tier : best;
    }, undefined);
}

/** Destinations as they are stored. */
function toDestinations(messages: readonly FlatRate_Destination[]): Destination[] {
  return messages.map(({ countryCode, regions, excludedRegions }) => ({
    countryCode,
    regions: [...regions],
    excludedRegions: [...excludedRegions],
  }));
}

/**
 * Tiers as they are stored.
 * Errors: INVALID_ARGUMENT for a currency that is none.
 */
function toTiers(messages: readonly FlatRate_Tier[]): Tier[] {
  const violations = messages.flatMap(({ price }, index) =>
    unknownCurrency(price?.currencyCode ?? "", index),
  );
  if (violations.length > 0) throw invalidArgument(violations);
  return messages.map(({ price, goodsFrom, maxWeightG }) => {
    const { currencyCode = "", amount = 0n } = price ?? {};
    return { currencyCode, amount, goodsFrom, maxWeightG };
  });
}

function unknownCurrency(currencyCode: string, index: number) {
  try {
    minorDigits(currencyCode);
    return [];
  } catch (err) {
    if (!(err instanceof MoneyError)) throw err;
    return [{ field: `flat_rate.tiers[${index}].price.currency_code`, description: err.message }];
  }
}

/** What the message of a new flat rate says, without what is output only. Errors: INVALID_ARGUMENT. */
export function contentOf(message: FlatRateMessage): FlatRateContent {
  const { title, destinations, everywhereElse, tiers, estimatedDays } = message;
  return {
    title,
    destinations: toDestinations(destinations),
    everywhereElse,
    tiers: toTiers(tiers),
    estimatedDays,
  };
}

/** What of a flat rate an update may change. */
export const changeable = ["title", "destinations", "everywhereElse", "tiers", "estimatedDays"] as const;

/** A stored flat rate with what an update names in place of what was. Errors: INVALID_ARGUMENT. */
export function merged(
  rate: FlatRate,
  named: Partial<Pick<FlatRateMessage, (typeof changeable)[number]>>,
): FlatRateContent {
  const content = {
    title: named.title ?? rate.title,
    destinations: named.destinations ? toDestinations(named.destinations) : rate.destinations,
    everywhereElse: named.everywhereElse ?? rate.everywhereElse,
    tiers: named.tiers ? toTiers(named.tiers) : rate.tiers,
    estimatedDays: named.estimatedDays ?? rate.estimatedDays,
  };
  // The contract says so of what an update names; here it is said of what comes out of it.
  if (content.everywhereElse && content.destinations.length > 0) {
    const description = "everywhere_else goes without destinations";
    throw invalidArgument([{ field: "flat_rate", description }]);
  }
  return content;
}
