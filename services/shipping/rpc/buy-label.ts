import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { toMessage } from "../convert.ts";
import { obtainLabel } from "../obtain-label.ts";
import type { ShippingDeps } from "../service.ts";

/**
 * Buys the label of the chosen rate, at most one per shipment. The provider
 * has no idempotency key, so: the intent is committed first and gives one call
 * the right to buy for a time; a call that finds an earlier intent looks for
 * its label before it buys. Buying a bought label returns it, and so does buying
 * that of a parcel the merchant has shipped. At a flat rate
 * nothing is bought, and the shipment is ready. While another
 * call buys, this one waits: for its label, or to take over from it.
 * Errors: SHIPMENT_NOT_FOUND, SHIPMENT_SPLIT, RATE_NOT_SELECTED, RATE_NOT_FOUND, LABEL_REFUSED,
 * LABEL_IN_PROGRESS (the time to wait was too short; retry), PROVIDER_UNAVAILABLE, REQUEST_ID_REUSED.
 */
export function buyLabel(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.buyLabel> {
  const { db, clock } = deps;
  const method = ShippingService.method.buyLabel;
  return (request, ctx) => {
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async () => toMessage(await obtainLabel(deps, request, ctx)));
  };
}
