import { isCheckViolation, isForeignKeyViolation } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";

/**
 * Runs a change by staff; when Postgres refuses its outcome, the caller gets
 * STOCK_BELOW_RESERVED, or LOCATION_NOT_FOUND, instead.
 */
export async function orRefused<T>(
  { sku, locationId }: { sku: string; locationId: string },
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (err) {
    if (isCheckViolation(err, "stock_reserved_range") || isCheckViolation(err, "stock_on_hand_range")) {
      throw fail("STOCK_BELOW_RESERVED", { sku, location_id: locationId }, { cause: err });
    }
    if (isForeignKeyViolation(err, "stock_location")) {
      throw fail("LOCATION_NOT_FOUND", { location_id: locationId }, { cause: err });
    }
    throw err;
  }
}
