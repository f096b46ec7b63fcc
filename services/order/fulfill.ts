import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Shipment } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { getExisting } from "./access.ts";
import { completeCart } from "./complete-cart.ts";
import type { OrderJob } from "./jobs.ts";
import type { Fulfillment, Order } from "./order.ts";
import { cancelRefunded } from "./refunded.ts";
import type { OrderDeps } from "./service.ts";
import { beginFulfillment, endFulfillment, markFulfilled } from "./store-change.ts";
import { tellCustomer } from "./tell.ts";

/**
 * Ships a paid order: buys its label, records it, tells the customer. Every
 * step may be repeated: Shipping buys one label per shipment, Notify sends one
 * message per event. An order whose label the carrier refuses can be canceled
 * until the next try. One that the buyer fetches has no label.
 */
export async function fulfillOrder(deps: OrderDeps, { orderId }: OrderJob): Promise<void> {
  const { db } = deps;
  const paid = (await beginFulfillment(db, orderId)) ?? (await getExisting(db, orderId));
  // Refunded while no label could be bought: there is nothing to ship.
  const refunded = paid.paymentState === "REFUNDED" && !paid.fulfilling;
  if (paid.state === "PAID" && refunded) return cancelRefunded(deps, orderId);
  if (paid.state === "PAID") await completeCart(deps, paid);
  const order = paid.state === "PAID" ? await ship(deps, paid) : paid;
  if (order.state !== "FULFILLED") return;
  await tellCustomer(deps, order, { eventKey: `${orderId}:fulfilled`, kind: OrderEventKind.FULFILLED });
}

async function ship(deps: OrderDeps, order: Order): Promise<Order> {
  const fulfillment = order.pickUp ? null : parcelOf(await buyLabel(deps, order));
  const fulfilled = await markFulfilled(deps.db, { orderId: order.id, fulfillment });
  return fulfilled ?? getExisting(deps.db, order.id);
}

/** What a customer is to know of a shipment. */
export function parcelOf({ trackingNumber, trackingUrl, labelUrl, rateId, rates }: Shipment): Fulfillment {
  // Staff may have bought another rate than the buyer chose.
  const carrier = rates.find((rate) => rate.id === rateId)?.carrier ?? "";
  return { carrier, trackingNumber, trackingUrl, labelUrl };
}

async function buyLabel({ db, shipping }: OrderDeps, order: Order): Promise<Shipment> {
  const { shipmentId, shippingMethodId } = order;
  try {
    return await shipping.buyLabel({ shipmentId, rateId: shippingMethodId });
  } catch (err) {
    if (reasonOf(err) === "LABEL_REFUSED") await endFulfillment(db, order.id);
    throw err;
  }
}
