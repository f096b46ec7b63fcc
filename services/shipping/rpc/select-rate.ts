import type { ConnectError, MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { toMessage } from "../convert.ts";
import { rateOf } from "../rates.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import type { Shipment } from "../shipment.ts";
import { selectRate as choose, findShipment } from "../store.ts";

/**
 * Chooses the rate that the label will be bought for. Choosing the chosen rate
 * again changes nothing, even after the label is bought.
 * Errors: SHIPMENT_NOT_FOUND, RATE_NOT_FOUND, LABEL_ALREADY_BOUGHT, LABEL_IN_PROGRESS.
 */
export function selectRate({
  db,
  clock,
}: ShippingDeps): MethodImpl<typeof ShippingService.method.selectRate> {
  return async ({ shipmentId, rateId }) => {
    const chosen = await choose(db, { id: shipmentId, rateId, now: clock() });
    if (chosen !== undefined) return toMessage(chosen);
    const shipment = await findShipment(db, shipmentId);
    if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: shipmentId });
    if (shipment.rateId === rateId) return toMessage(shipment);
    throw refusal(shipment, rateId);
  };
}

function refusal(shipment: Shipment, rateId: string): ConnectError {
  const shipment_id = shipment.id;
  if (rateOf(shipment, rateId) === undefined) return fail("RATE_NOT_FOUND", { shipment_id, rate_id: rateId });
  // A shipment that is RATED by now was BUYING when the update looked at it: the caller may try again.
  return fail(shipment.state === "LABELED" ? "LABEL_ALREADY_BOUGHT" : "LABEL_IN_PROGRESS", { shipment_id });
}
