import { create } from "@bufbuild/protobuf";
import {
  type Shipment as LegacyShipment,
  type Rates,
  RatesSchema,
  ShipmentSchema,
} from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { Shipment } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Contact } from "../../gen/rowlock/type/v1/address_pb.js";
import { toDecimal } from "../../lib/money/money.ts";

/** A shipment as this API lists it, with the contact of its order, which shipments do not keep. */
export function toShipment({ id, address }: Shipment, contact: Contact | undefined): LegacyShipment {
  return create(ShipmentSchema, {
    objectId: id,
    addressTo: {
      name: address?.name ?? "",
      street1: address?.line1 ?? "",
      street2: address?.line2 ?? "",
      city: address?.city ?? "",
      state: address?.state ?? "",
      zip: address?.postalCode ?? "",
      country: address?.countryCode ?? "",
      phone: contact?.phone ?? "",
      email: contact?.email ?? "",
    },
  });
}

/** What the carriers ask for a shipment in a currency (ISO 4217, in any case). */
export function toRates({ id, rates }: Shipment, currency: string): Rates {
  const wanted = currency.toUpperCase();
  const rateItems = rates.flatMap(({ price, carrier, service, estimatedDays, ...rate }) => {
    if (price?.currencyCode !== wanted) return [];
    return {
      objectId: rate.id,
      shipment: id,
      provider: carrier,
      amount: toDecimal(price),
      currency: wanted,
      estimatedDays,
      durationTerms: estimatedDays === 0 ? "" : `Delivery in ${estimatedDays} ${days(estimatedDays)}.`,
      servicelevel: { name: service, token: tokenOf(serviceName({ carrier, service })) },
      attributes: rate.attributes,
    };
  });
  return create(RatesSchema, { objectId: id, rateItems });
}

/** A carrier's service with the carrier's name, which some services begin with. */
export function serviceName({ carrier, service }: { carrier: string; service: string }): string {
  return service.startsWith(carrier) ? service : `${carrier} ${service}`;
}

function days(count: number): string {
  return count === 1 ? "day" : "days";
}

function tokenOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
