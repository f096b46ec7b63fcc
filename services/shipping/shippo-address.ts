import type { Address } from "shippo";
import type { AddressCheck } from "./carrier.ts";
import type { PostalAddress } from "./shipment.ts";

/** Which field a remark is about, by the words that Shippo and its errors use of it; the first that fits. */
const about: readonly [RegExp, keyof PostalAddress][] = [
  [/\b(zip|postal)/i, "postalCode"],
  [/\b(street2|secondary|apartment|suite|unit)\b/i, "line2"],
  [/\b(street1?|street_no|house number|building|road)\b/i, "line1"],
  [/\bcity\b/i, "city"],
  [/\b(state|province)\b/i, "state"],
  [/\bcountry\b/i, "countryCode"],
  [/\bname\b/i, "name"],
];

/** Remarks of Shippo's, by the field they are about. */
export function toRemarks(texts: readonly string[]): AddressCheck["remarks"] {
  return texts.slice(0, 20).map((text) => ({
    // What stands before a colon, the code or the field's name, says more than the sentence after it.
    field: fieldOf(text.split(":", 1)[0] ?? "") || fieldOf(text),
    description: text.slice(0, 300),
  }));
}

function fieldOf(text: string): keyof PostalAddress | "" {
  return about.find(([words]) => words.test(text))?.[1] ?? "";
}

/** What Shippo says of an address; what it leaves out stays as it was given. */
export function toAddressCheck(given: PostalAddress, answer: Partial<Address>): AddressCheck {
  const { isValid = false, messages = [] } = answer.validationResults ?? {};
  const texts = messages.map(({ code, text }) => [code, text].filter(Boolean).join(": "));
  return {
    valid: isValid,
    remarks: toRemarks(texts),
    standard: {
      name: given.name,
      line1: answer.street1 || given.line1,
      line2: answer.street2 ?? given.line2,
      city: answer.city || given.city,
      state: answer.state || given.state,
      postalCode: answer.zip || given.postalCode,
      countryCode: answer.country || given.countryCode,
    },
  };
}
