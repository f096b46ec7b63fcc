import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { toFlatRateMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import { findFlatRate } from "../store-flat-rate.ts";

/** Returns one flat rate, as it stands in the table. Errors: FLAT_RATE_NOT_FOUND. */
export function getFlatRate({ db }: ShippingDeps): MethodImpl<typeof ShippingService.method.getFlatRate> {
  return async ({ flatRateId }) => {
    const rate = await findFlatRate(db, flatRateId);
    if (rate === undefined) throw fail("FLAT_RATE_NOT_FOUND", { flat_rate_id: flatRateId });
    return toFlatRateMessage(rate);
  };
}
