import { reasonOf } from "../../lib/errors/reasons.ts";
import { CarrierRefused, CarrierUnavailable, type Quote } from "./carrier.ts";
import { customsItems } from "./customs.ts";
import { flatOffers } from "./flat-rate.ts";
import { type Rate, toRates } from "./rates.ts";
import { fail } from "./reasons.ts";
import type { ShippingParts } from "./service.ts";
import type { Box, Shipment } from "./shipment.ts";

/** What is asked about: a shipment as far as it is known, and its parcel. */
export type Unrated = Pick<
  Shipment,
  "id" | "address" | "contact" | "items" | "currencyCode" | "goodsTotal"
> & {
  parcel: Box;
};

/** What the carriers and the shop itself ask for a shipment. */
export interface Rated {
  /** The provider's id of the shipment; empty when the carriers have none. */
  providerId: string;
  rates: Rate[];
}

/**
 * Asks the carriers, and adds the flat rates that serve the shipment. With one of these, what the carriers refuse, or
 * are not there to answer, stops nothing.
 * Errors: ADDRESS_REFUSED, CUSTOMS_DATA_MISSING, PROVIDER_UNAVAILABLE.
 */
export async function rateShipment(
  { flatRates, carrier, log }: ShippingParts,
  shipment: Unrated,
): Promise<Rated> {
  const { id: shipmentId, address, contact, parcel, currencyCode, goodsTotal } = shipment;
  const { countryCode, state: region } = address;
  const { weightG } = parcel;
  const flat = flatOffers(await flatRates.get(), { countryCode, region, weightG, currencyCode, goodsTotal });
  let quote: Quote = { providerId: "", rates: [], remarks: "" };
  try {
    const customs = carrier.crossesCustoms(countryCode) ? customsItems(shipment) : [];
    quote = await carrier.quote({ shipmentId, to: { ...address, ...contact }, parcel, customs });
    if (quote.rates.length === 0 && flat.length === 0) {
      throw new CarrierRefused(quote.remarks || "no carrier takes this parcel there");
    }
  } catch (err) {
    const isCarriers = err instanceof CarrierRefused || err instanceof CarrierUnavailable;
    const isUndeclared = reasonOf(err) === "CUSTOMS_DATA_MISSING";
    if ((!isCarriers && !isUndeclared) || flat.length === 0) throw translate(err, carrier.name);
    log.info({ shipmentId, why: (err as Error).message }, "only flat rates serve a shipment");
  }
  const { rates, unusable } = toRates({ quoted: quote.rates, flat }, currencyCode);
  for (const { carrier: by, service, amount } of unusable) {
    log.warn({ shipmentId, by, service, amount, currencyCode }, "a rate cannot be expressed exactly");
  }
  return { providerId: quote.providerId, rates };
}

/** A carrier's failure as callers see it. */
export function translate(err: unknown, provider: string): unknown {
  if (err instanceof CarrierRefused) return fail("ADDRESS_REFUSED", { message: err.message }, { cause: err });
  if (err instanceof CarrierUnavailable) return fail("PROVIDER_UNAVAILABLE", { provider }, { cause: err });
  return err;
}
