import { CarrierRefused } from "./carrier.ts";
import { customsItems } from "./customs.ts";
import { type Rated, translate, type Unrated } from "./rate-shipment.ts";
import { toRates } from "./rates.ts";
import type { ShippingDeps } from "./service.ts";

/**
 * What the carrier that brought a parcel asks for bringing it back.
 * Errors: ADDRESS_REFUSED, CUSTOMS_DATA_MISSING, PROVIDER_UNAVAILABLE.
 */
export async function rateReturn(
  { carrier }: Pick<ShippingDeps, "carrier">,
  { carrier: returnBy, ...shipment }: Unrated & { carrier: string },
): Promise<Rated> {
  const { id: shipmentId, address, contact, parcel, currencyCode } = shipment;
  try {
    const isAbroad = carrier.crossesCustoms(address.countryCode);
    const customs = isAbroad ? customsItems(shipment) : [];
    const quote = await carrier.quote({
      shipmentId,
      to: { ...address, ...contact },
      parcel,
      customs,
      returnBy,
    });
    const quoted = quote.rates.filter((rate) => rate.carrier === returnBy);
    const { rates } = toRates({ quoted, flat: [] }, currencyCode);
    if (rates.length === 0)
      throw new CarrierRefused(quote.remarks || `${returnBy} takes no parcel back there`);
    return { providerId: quote.providerId, rates };
  } catch (err) {
    throw translate(err, carrier.name);
  }
}
