import type { RateContent } from "../rate.ts";

/**
 * Rates in a short form, separated by commas: `VAT DE 19 in` is 19 % that prices have in them, `City US/NY 4.5 food` is
 * 4.5 % for food that is added.
 */
export function ratesOf(text: string): RateContent[] {
  return text === "" ? [] : text.split(", ").map(rateOf);
}

function rateOf(text: string): RateContent {
  const [name = "", place = "", percent = "", ...more] = text.split(" ");
  const [countryCode = "", region = ""] = place.split("/");
  return {
    name,
    countryCode,
    region,
    rateMillionths: Math.round(Number(percent) * 10_000),
    included: more.includes("in"),
    taxCategory: more.find((word) => word !== "in") ?? "",
  };
}
