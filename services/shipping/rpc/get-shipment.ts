import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { toMessage } from "../convert.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import { findShipment } from "../store.ts";

/** Returns one shipment. Errors: SHIPMENT_NOT_FOUND. */
export function getShipment({ db }: ShippingDeps): MethodImpl<typeof ShippingService.method.getShipment> {
  return async ({ shipmentId }) => {
    const shipment = await findShipment(db, shipmentId);
    if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id: shipmentId });
    return toMessage(shipment);
  };
}
