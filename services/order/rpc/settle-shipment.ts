import type { MethodImpl } from "@connectrpc/connect";
import type { OrderService } from "../../../gen/rowlock/order/v1/order_pb.js";
import { Shipment_State as State } from "../../../gen/rowlock/shipping/v1/shipping_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { getExisting } from "../access.ts";
import { toOrderMessage } from "../convert.ts";
import { fulfillQueue, tellQueue } from "../jobs.ts";
import { parcelEvents } from "../parcel-news.ts";
import type { OrderDeps } from "../service.ts";
import { isSent, parcelOf, shipmentsOf, toOrderShipment } from "../shipments.ts";
import { noteParcel, replaceLabel } from "../store-parcel.ts";
import { recordShipments } from "../store-shipments.ts";

/** Brings an order in line with one of its shipments. Safe to retry. */
export function settleShipment(deps: OrderDeps): MethodImpl<typeof OrderService.method.settleShipment> {
  const { db, jobs, shipping } = deps;
  return async ({ orderId, shipmentId }, ctx) => {
    const order = await getExisting(db, orderId);
    const shipment = await shipping.getShipment({ shipmentId }, outgoing(ctx));
    if (shipment.orderId !== orderId) return toOrderMessage(order);
    const parcels = await shipmentsOf(deps, orderId, outgoing(ctx));
    await db.transaction(async (tx) => {
      await recordShipments(tx, { orderId, shipments: parcels.map(toOrderShipment) });
      // What is left to be done of a paid order, or to be said of it once its last parcel is on its way.
      if (order.state === "PAID") await jobs.enqueue(tx, fulfillQueue, { orderId });
    });
    if (shipmentId === order.shipmentId && shipment.state === State.LABELED) {
      await replaceLabel(db, { orderId, fulfillment: parcelOf(shipment) });
    }
    const data = { shipment_id: shipmentId, tracking_number: shipment.trackingNumber };
    const kinds = parcelEvents(shipment);
    if (kinds.length > 0) {
      await db.transaction(async (tx) => {
        for (const kind of kinds) {
          if (!(await noteParcel(tx, { orderId, kind, data }))) continue;
          // That it was shipped is old news once it has arrived.
          const isLast = kind === kinds.at(-1);
          // The customer hears of the last parcel that the merchant ships when the order is FULFILLED.
          const isTold = shipment.state === State.SHIPPED && parcels.every(isSent);
          if (isLast && kind === "shipped" && !isTold)
            await jobs.enqueue(tx, tellQueue, { orderId, news: "SHIPPED", shipmentId });
          if (kind === "delivered")
            await jobs.enqueue(tx, tellQueue, { orderId, news: "DELIVERED", shipmentId });
        }
      });
    }
    return toOrderMessage(await getExisting(db, orderId));
  };
}
