import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import type { ShippingParts } from "../service.ts";
import { deleteFlatRate as remove } from "../store-flat-rate.ts";

/** Deletes a flat rate; one that is not there changes nothing. Errors: REQUEST_ID_REUSED. */
export function deleteFlatRate({
  db,
  flatRates,
}: ShippingParts): MethodImpl<typeof ShippingService.method.deleteFlatRate> {
  const method = ShippingService.method.deleteFlatRate;
  return async (request, ctx) => {
    const call = keyedCall(method, request, ctx);
    const done = await db.transaction((tx) =>
      once(tx, call, async () => {
        await remove(tx, request.flatRateId);
        return {};
      }),
    );
    flatRates.forget();
    return done;
  };
}
