import type { MethodImpl } from "@connectrpc/connect";
import { ShippingService } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { keyedCall } from "../../../lib/idempotency/idempotency.ts";
import { keyed } from "../../../lib/idempotency/keyed.ts";
import { outgoing } from "../../../lib/rpc/index.ts";
import { toMessage } from "../convert.ts";
import { parcelMoved } from "../parcel-moved.ts";
import { fail } from "../reasons.ts";
import type { ShippingDeps } from "../service.ts";
import type { Shipment } from "../shipment.ts";
import { findShipment } from "../store.ts";
import { markShipped as write } from "../store-split.ts";

/**
 * Says that the merchant has shipped a parcel by itself. Order is asked first: it lets nobody cancel from then on.
 * Safe to retry.
 * Errors: SHIPMENT_NOT_FOUND, LABEL_ALREADY_BOUGHT, LABEL_IN_PROGRESS, SHIPMENT_SPLIT, ORDER_NOT_FOUND,
 * ORDER_NOT_PAID, REQUEST_ID_REUSED.
 */
export function markShipped(deps: ShippingDeps): MethodImpl<typeof ShippingService.method.markShipped> {
  const { db, clock, jobs, orders } = deps;
  const method = ShippingService.method.markShipped;
  return (request, ctx) => {
    const { shipmentId: id, carrier, trackingNumber, trackingUrl } = request;
    const call = { db, clock, ...keyedCall(method, request, ctx) };
    return keyed(call, async ({ record }) => {
      const { orderId } = await requireShippable(deps, id);
      await orders.beginShipping({ orderId }, outgoing(ctx));
      const shipped = await db.transaction(async (tx) => {
        const handover = { carrier, trackingNumber, trackingUrl };
        const shipment = await write(tx, { id, handover, now: clock() });
        if (shipment === undefined) return undefined;
        await jobs.enqueue(tx, parcelMoved, { orderId, shipmentId: id });
        return record(tx, toMessage(shipment));
      });
      // Somebody was faster since it was looked at.
      return shipped ?? toMessage(await requireShippable(deps, id));
    });
  };
}

/** Errors: SHIPMENT_NOT_FOUND, LABEL_ALREADY_BOUGHT, LABEL_IN_PROGRESS, SHIPMENT_SPLIT. */
async function requireShippable({ db }: ShippingDeps, id: string): Promise<Shipment> {
  const shipment_id = id;
  const shipment = await findShipment(db, id);
  if (shipment === undefined) throw fail("SHIPMENT_NOT_FOUND", { shipment_id });
  switch (shipment.state) {
    case "RATED":
    case "READY":
    case "SHIPPED":
      return shipment;
    case "SPLIT":
      throw fail("SHIPMENT_SPLIT", { shipment_id });
    case "LABELED":
      throw fail("LABEL_ALREADY_BOUGHT", { shipment_id });
    case "BUYING":
      throw fail("LABEL_IN_PROGRESS", { shipment_id });
  }
}
