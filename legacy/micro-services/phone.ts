import { invalidArgument } from "../../lib/errors/reasons.ts";

/** Countries whose numbers are ten digits behind +1. */
const northAmerican = new Set(["US", "CA"]);

/**
 * A phone number as people write it, in E.164 form. Without a country's prefix it is taken for a North American one
 * where the address is; elsewhere nobody can say whose it is.
 *
 * @throws INVALID_ARGUMENT naming `field`
 */
export function toE164({ text, country, field }: { text: string; country: string; field: string }): string {
  const digits = text.replace(/[\s().-]/g, "").replace(/^00/, "+");
  if (/^\+[1-9][0-9]{6,14}$/.test(digits)) return digits;
  const [, local] = /^1?([2-9][0-9]{9})$/.exec(digits) ?? [];
  if (local !== undefined && northAmerican.has(country)) return `+1${local}`;
  throw invalidArgument([
    { field, description: "must be a phone number in E.164 form, such as +14155550123" },
  ]);
}
