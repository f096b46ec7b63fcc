import type { SetDeliveryRequest } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { invalidArgument } from "../../lib/errors/reasons.ts";
import type { StoredAddress, StoredContact } from "./cart.ts";

/**
 * The delivery of a request as it is stored.
 * @throws INVALID_ARGUMENT when a part is missing or a text holds what no label can show: control
 *   characters (a database refuses NUL) or half a character
 */
export function toDelivery(req: Pick<SetDeliveryRequest, "contact" | "shippingAddress">): {
  contact: StoredContact;
  shippingAddress: StoredAddress;
} {
  const { contact, shippingAddress: address } = req;
  if (contact === undefined || address === undefined) {
    const field = contact === undefined ? "contact" : "shipping_address";
    throw invalidArgument([{ field, description: "is required" }]);
  }
  const texts: [field: string, text: string][] = [
    ["contact.email", contact.email],
    ["contact.phone", contact.phone],
    ["shipping_address.name", address.name],
    ["shipping_address.line1", address.line1],
    ["shipping_address.line2", address.line2],
    ["shipping_address.city", address.city],
    ["shipping_address.state", address.state],
    ["shipping_address.postal_code", address.postalCode],
    ["shipping_address.country_code", address.countryCode],
  ];
  const violations = texts
    .filter(([, text]) => /\p{Cc}/u.test(text) || !text.isWellFormed())
    .map(([field]) => ({ field, description: "must not contain control characters" }));
  if (violations.length > 0) {
    throw invalidArgument(violations);
  }
  const { email, phone, smsOptIn, language } = contact;
  const { name, line1, line2, city, state, postalCode, countryCode } = address;
  return {
    contact: {
      email,
      phone,
      ...(smsOptIn !== undefined && { smsOptIn }),
      ...(language !== "" && { language }),
    },
    shippingAddress: { name, line1, line2, city, state, postalCode, countryCode },
  };
}
