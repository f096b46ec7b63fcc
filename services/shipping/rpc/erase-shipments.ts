import type { MethodImpl } from "@connectrpc/connect";
import type { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { ShippingDeps } from "../service.ts";
import { deleteTracking, eraseRecipients } from "../store-erase.ts";

/**
 * Blots out where the parcels of these orders went, and deletes what the carrier has told of them. Safe to repeat. The
 * carrier keeps what it knows, and is to be asked itself.
 */
export function eraseShipments({
  db,
}: ShippingDeps): MethodImpl<typeof ShippingService.method.eraseShipments> {
  return ({ orderIds }) =>
    db.transaction(async (tx) => {
      await eraseRecipients(tx, orderIds);
      await deleteTracking(tx, orderIds);
      return {};
    });
}
