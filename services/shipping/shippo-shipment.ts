import type { ShipmentCreateRequest } from "shippo";
import type { Consignment, Sender } from "./carrier.ts";
import { toDeclaration } from "./shippo-customs.ts";

/** The carriers for which Shippo makes return labels, paid when they are used; it turns the addresses round itself. */
const returnCarriers: ReadonlySet<string> = new Set(["USPS", "UPS", "FedEx"]);

/** The request for the rates of a consignment. */
export function toShipment(
  { shipmentId, to, parcel, customs: items, returnBy }: Consignment,
  { sender, originCountryCode }: { sender: Sender; originCountryCode: string },
): ShipmentCreateRequest {
  const shop = toAddress(sender);
  const customer = toAddress(to);
  const isReturn = returnBy !== undefined;
  // By any other carrier goods come back with an ordinary label.
  const isTurned = isReturn && !returnCarriers.has(returnBy);
  return {
    addressFrom: isTurned ? customer : shop,
    addressTo: isTurned ? shop : customer,
    ...(isReturn && !isTurned && { extra: { isReturn: true } }),
    ...(items.length > 0 && {
      customsDeclaration: toDeclaration({ items, sender, originCountryCode, isReturn }),
    }),
    parcels: [
      {
        length: centimetres(parcel.lengthMm),
        width: centimetres(parcel.widthMm),
        height: centimetres(parcel.heightMm),
        distanceUnit: "cm",
        weight: String(parcel.weightG),
        massUnit: "g",
      },
    ],
    metadata: shipmentId,
    // Rates come with the answer instead of having to be polled for.
    async: false,
  };
}

/** An address as Shippo writes it. */
export function toAddress(address: Sender) {
  return {
    name: address.name,
    street1: address.line1,
    street2: address.line2 || undefined,
    city: address.city,
    state: address.state || undefined,
    zip: address.postalCode || undefined,
    country: address.countryCode,
    phone: address.phone || undefined,
    email: address.email || undefined,
  };
}

/** Whole millimetres as centimetres, exactly: 125 is `12.5`. */
function centimetres(mm: number): string {
  return mm % 10 === 0 ? String(mm / 10) : `${Math.floor(mm / 10)}.${mm % 10}`;
}
