import { newId } from "../../lib/ids/ids.ts";
import { MoneyError, parseDecimal } from "../../lib/money/money.ts";
import type { QuotedRate } from "./carrier.ts";
import type { FlatOffer } from "./flat-rate.ts";

/** A rate of a shipment. */
export interface Rate {
  id: string;
  /** Empty for a flat rate. */
  carrier: string;
  service: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
  /** 0 when the carrier does not say. */
  estimatedDays: number;
  attributes: string[];
  /** What its label is bought by; empty for a flat rate, which has none. */
  providerId: string;
  /** The flat rate it comes from; not there when it is a carrier's. */
  flatRateId?: string;
}

/** More rates than this are no choice but a burden; the dearest go. */
const maxRates = 100;

/**
 * The rates a buyer may choose from: the flat ones, and the carriers' in
 * `currencyCode`; the cheapest first, of equal prices the faster. A price that
 * the currency cannot express exactly is not rounded but left out, and named in
 * `unusable`.
 */
export function toRates(
  { quoted, flat }: { quoted: readonly QuotedRate[]; flat: readonly FlatOffer[] },
  currencyCode: string,
): { rates: Rate[]; unusable: QuotedRate[] } {
  const rates: Rate[] = [];
  const unusable: QuotedRate[] = [];
  for (const rate of quoted) {
    if (rate.currencyCode !== currencyCode) continue;
    const amount = exactAmount(rate.amount, currencyCode);
    if (amount === undefined || amount < 0n) unusable.push(rate);
    else rates.push({ ...rate, id: "", amount });
  }
  const offered = distinguished(
    [...rates.sort(byPrice).slice(0, maxRates), ...flat.map(toRate)].sort(byPrice),
  );
  // Ids are given in the order of the list, so that they sort as it does.
  for (const rate of offered) rate.id = newId("rate");
  return { rates: offered, unusable };
}

/** Whether a rate is the shop's own: nothing is bought at it. */
export function isFlatRate({ providerId }: Pick<Rate, "providerId">): boolean {
  return providerId === "";
}

/** The rate with that id. */
export function rateOf(shipment: { rates: readonly Rate[] }, rateId: string): Rate | undefined {
  return shipment.rates.find(({ id }) => id === rateId);
}

function toRate({ flatRateId, title, currencyCode, amount, estimatedDays }: FlatOffer): Rate {
  return {
    id: "",
    carrier: "",
    service: title,
    currencyCode,
    amount,
    estimatedDays,
    attributes: [],
    providerId: "",
    flatRateId,
  };
}

/**
 * Says which of the rates, sorted by price, is the cheapest, which the fastest, and which the best value: the one whose
 * price and days together are least, each measured from the least to the most that is asked for. What the carriers say
 * of theirs does not count: it leaves the other rates out.
 */
function distinguished(rates: readonly Rate[]): Rate[] {
  const timed = rates.filter(({ estimatedDays }) => estimatedDays > 0);
  const price = shareOf(timed.map(({ amount }) => Number(amount)));
  const days = shareOf(timed.map(({ estimatedDays }) => estimatedDays));
  const best = {
    CHEAPEST: rates[0],
    FASTEST: least(timed, ({ estimatedDays }) => estimatedDays),
    BEST_VALUE: least(timed, ({ amount, estimatedDays }) => price(Number(amount)) + days(estimatedDays)),
  };
  return rates.map((rate) => ({
    ...rate,
    attributes: Object.entries(best).flatMap(([attribute, chosen]) => (chosen === rate ? [attribute] : [])),
  }));
}

/** The first of those with the least measure. */
function least(rates: readonly Rate[], measure: (rate: Rate) => number): Rate | undefined {
  return rates.reduce<Rate | undefined>(
    (best, rate) => (best === undefined || measure(rate) < measure(best) ? rate : best),
    undefined,
  );
}

/** Where a value lies between the least (0) and the greatest (1) of some. */
function shareOf(values: readonly number[]): (value: number) => number {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return (value) => (max === min ? 0 : (value - min) / (max - min));
}

function exactAmount(decimal: string, currencyCode: string): bigint | undefined {
  try {
    // Providers write two decimals in every currency: 1200.00 JPY is exact, 12.50 JPY is not.
    return parseDecimal(decimal.replace(/\.0+$|(\.\d*[1-9])0+$/, "$1"), currencyCode);
  } catch (err) {
    if (err instanceof MoneyError) return undefined;
    throw err;
  }
}

function byPrice(a: Rate, b: Rate): number {
  if (a.amount !== b.amount) return a.amount < b.amount ? -1 : 1;
  return daysOf(a) - daysOf(b);
}

function daysOf({ estimatedDays }: Rate): number {
  return estimatedDays === 0 ? Number.MAX_SAFE_INTEGER : estimatedDays;
}
