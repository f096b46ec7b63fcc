import { newId } from "../../lib/ids/ids.ts";
import { MoneyError, parseDecimal } from "../../lib/money/money.ts";
import type { QuotedRate } from "./carrier.ts";

/** A rate of a shipment. */
export interface Rate {
  id: string;
  carrier: string;
  service: string;
  currencyCode: string;
  /** Minor units. */
  amount: bigint;
  /** 0 when the carrier does not say. */
  estimatedDays: number;
  attributes: string[];
  providerId: string;
}

/** More rates than this are no choice but a burden; the dearest go. */
const maxRates = 100;

/**
 * The rates a buyer may choose from: those in `currencyCode`, the cheapest
 * first, of equal prices the faster. A price that the currency cannot express
 * exactly is not rounded but left out, and named in `unusable`.
 */
export function toRates(
  quoted: readonly QuotedRate[],
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
  const offered = rates.sort(byPrice).slice(0, maxRates);
  // Ids are given in the order of the list, so that they sort as it does.
  for (const rate of offered) rate.id = newId("rate");
  return { rates: offered, unusable };
}

/** The rate with that id. */
export function rateOf(shipment: { rates: readonly Rate[] }, rateId: string): Rate | undefined {
  return shipment.rates.find(({ id }) => id === rateId);
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
