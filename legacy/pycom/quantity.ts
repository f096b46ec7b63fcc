import { invalidArgument } from "../../lib/errors/reasons.ts";

/** Most units of a product in a cart. */
const most = 10_000;

/**
 * What `v` of updatecart means: a number of units to set, of which none removes the product, or one more.
 * Errors: INVALID_ARGUMENT for anything but nothing, `delete` and a natural number.
 */
export function quantityOf(v: string): bigint | "one more" {
  if (v === "") return "one more";
  if (v === "delete") return 0n;
  if (/^\d{1,9}$/.test(v) && Number(v) <= most) return BigInt(v);
  throw invalidArgument([
    { field: "v", description: `must be a number from 0 to ${most}, "delete" or empty` },
  ]);
}
