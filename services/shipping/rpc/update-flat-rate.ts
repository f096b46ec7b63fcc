import type { Validator } from "@bufbuild/protovalidate";
import type { MethodImpl } from "@connectrpc/connect";
import { FlatRateSchema, ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall, once } from "../../../lib/idempotency/idempotency.ts";
import { readNamed, required } from "../../../lib/update-mask.ts";
import { etagOf, toFlatRateMessage } from "../convert.ts";
import { changeable, merged } from "../flat-rate.ts";
import { fail } from "../reasons.ts";
import type { ShippingParts } from "../service.ts";
import { lockFlatRate, updateFlatRate as write } from "../store-flat-rate.ts";

/**
 * Changes the fields that the mask names, on the locked row: of two updates with the same etag the second finds
 * another one and fails. Safe to retry with a request_id, etag or not.
 * Errors: FLAT_RATE_NOT_FOUND, ETAG_MISMATCH, UPDATE_MASK_INVALID, REQUEST_ID_REUSED.
 */
export function updateFlatRate({
  db,
  clock,
  flatRates,
  validator,
}: ShippingParts & { validator: Validator }): MethodImpl<typeof ShippingService.method.updateFlatRate> {
  const method = ShippingService.method.updateFlatRate;
  return async (request, ctx) => {
    const resource = required(request.flatRate, "flat_rate");
    const { id, etag } = resource;
    const named = readNamed({
      schema: FlatRateSchema,
      resource,
      field: "flat_rate",
      mask: request.updateMask,
      changeable,
      validator,
      fail,
    });
    const call = keyedCall(method, request, ctx);
    const updated = await db.transaction((tx) =>
      once(tx, call, async () => {
        const rate = await lockFlatRate(tx, id);
        if (rate === undefined) throw fail("FLAT_RATE_NOT_FOUND", { flat_rate_id: id });
        const present = etagOf(rate.revision);
        if (etag !== "" && etag !== present) throw fail("ETAG_MISMATCH", { flat_rate_id: id, etag: present });
        return toFlatRateMessage(await write(tx, { id, content: merged(rate, named), now: clock() }));
      }),
    );
    flatRates.forget();
    return updated;
  };
}
