import { isCheckViolation } from "../../lib/db/index.ts";
import { fail } from "./reasons.ts";

/**
 * Runs a change by staff; when Postgres' CHECKs refuse its outcome, the caller
 * gets STOCK_BELOW_RESERVED instead.
 */
export async function orBelowReserved<T>(
  key: { sku: string; locationId: string },
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (err) {
    if (isCheckViolation(err, "stock_reserved_range") || isCheckViolation(err, "stock_on_hand_range")) {
      throw fail("STOCK_BELOW_RESERVED", { sku: key.sku, location_id: key.locationId }, { cause: err });
    }
    throw err;
  }
}
