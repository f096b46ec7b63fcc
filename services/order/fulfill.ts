import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import { getExisting } from "./access.ts";
import type { OrderJob } from "./jobs.ts";
import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { beginFulfillment, markFulfilled } from "./store-change.ts";
import { orderSummary } from "./summary.ts";

/**
 * Ships a paid order: buys its label, records it, tells the customer. Every
 * step may be repeated: Shipping buys one label per shipment, Notify sends one
 * message per event.
 */
export async function fulfillOrder(deps: OrderDeps, { orderId }: OrderJob): Promise<void> {
  const { db, notify } = deps;
  const paid = (await beginFulfillment(db, orderId)) ?? (await getExisting(db, orderId));
  const order = paid.state === "PAID" ? await buyLabel(deps, paid) : paid;
  if (order.state !== "FULFILLED") return;
  await notify.notifyOrder({
    eventKey: `${orderId}:fulfilled`,
    kind: OrderEventKind.FULFILLED,
    contact: order.contact,
    order: orderSummary(order),
  });
}

async function buyLabel({ db, shipping }: OrderDeps, order: Order): Promise<Order> {
  const { shipmentId, shippingMethodId } = order;
  const shipment = await shipping.buyLabel({ shipmentId, rateId: shippingMethodId });
  const method = order.shippingMethods.find((offered) => offered.id === shippingMethodId);
  const fulfilled = await markFulfilled(db, {
    orderId: order.id,
    fulfillment: {
      carrier: method?.carrier ?? "",
      trackingNumber: shipment.trackingNumber,
      trackingUrl: shipment.trackingUrl,
      labelUrl: shipment.labelUrl,
    },
  });
  return fulfilled ?? getExisting(db, order.id);
}
