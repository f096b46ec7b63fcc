import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { invalidArgument } from "../../../lib/errors/reasons.ts";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { newId } from "../../../lib/ids/ids.ts";
import { toFlatRateMessage } from "../convert.ts";
import { contentOf } from "../flat-rate.ts";
import type { ShippingParts } from "../service.ts";
import { insertFlatRate } from "../store-flat-rate.ts";

/** Makes a flat rate. Safe to retry with a request_id. Errors: REQUEST_ID_REUSED. */
export function createFlatRate({
  db,
  clock,
  flatRates,
}: ShippingParts): MethodImpl<typeof ShippingService.method.createFlatRate> {
  const method = ShippingService.method.createFlatRate;
  return async (request, ctx) => {
    if (request.flatRate === undefined) {
      throw invalidArgument([{ field: "flat_rate", description: "value is required" }]);
    }
    const content = contentOf(request.flatRate);
    const call = keyedCall(method, request, ctx);
    const made = await db.transaction((tx) =>
      once(tx, call, async () =>
        toFlatRateMessage(await insertFlatRate(tx, { id: newId("flat"), content, now: clock() })),
      ),
    );
    flatRates.forget();
    return made;
  };
}
