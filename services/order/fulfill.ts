import { timestampMs } from "@bufbuild/protobuf/wkt";
import { OrderEventKind } from "../../gen/rowlock/notify/v1/notify_pb.js";
import type { Shipment } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import { reasonOf } from "../../lib/errors/reasons.ts";
import { getExisting } from "./access.ts";
import { completeCart } from "./complete-cart.ts";
import type { OrderJob } from "./jobs.ts";
import type { Order } from "./order.ts";
import { cancelRefunded } from "./refunded.ts";
import type { OrderDeps } from "./service.ts";
import { isSent, parcelOf, rateFor, shipmentsOf, toOrderShipment } from "./shipments.ts";
import { beginFulfillment, endFulfillment, markFulfilled } from "./store-change.ts";
import { recordShipments } from "./store-shipments.ts";
import { tellCustomer } from "./tell.ts";

/**
 * Ships a paid order: buys its labels, records them, tells the customer. Every
 * step may be repeated: Shipping buys one label per shipment, Notify sends one
 * message per event. An order whose label the carrier refuses can be canceled
 * until the next try. What goes at a flat rate has no label: its order stays
 * PAID, and can be canceled, until the merchant has shipped it, whereupon this
 * runs again. One that the buyer fetches is not shipped.
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
  const { db } = deps;
  const orderId = order.id;
  const sent = order.pickUp ? [] : await buyLabels(deps, order);
  const shipments = sent.map(toOrderShipment);
  if (sent.every(isSent)) {
    const last = sent.reduce<Shipment | undefined>(later, undefined);
    const fulfillment = last === undefined ? null : parcelOf(last);
    const fulfilled = await markFulfilled(db, { orderId, fulfillment, shipments });
    return fulfilled ?? getExisting(db, orderId);
  }
  await recordShipments(db, { orderId, shipments });
  if (!sent.some(isSent)) await endFulfillment(db, orderId);
  return getExisting(db, orderId);
}

function later(a: Shipment | undefined, b: Shipment): Shipment {
  const time = ({ updateTime }: Shipment) => (updateTime === undefined ? 0 : timestampMs(updateTime));
  return a === undefined || time(b) > time(a) ? b : a;
}

/** Has every shipment get its label, or be ready without one; what fails keeps none of the others from it. */
async function buyLabels(deps: OrderDeps, order: Order): Promise<Shipment[]> {
  const { db, shipping } = deps;
  const shipments = await shipmentsOf(deps, order.id);
  if (shipments.length === 0) throw new Error(`order ${order.id} has no shipment`);
  const failures: unknown[] = [];
  const bought: Shipment[] = [];
  for (const shipment of shipments) {
    const call = { shipmentId: shipment.id, rateId: rateFor(order, shipment) };
    try {
      bought.push(isSent(shipment) ? shipment : await shipping.buyLabel(call));
    } catch (err) {
      failures.push(err);
    }
  }
  if (failures.length === 0) return bought;
  const none = !bought.some(isSent) && failures.every((err) => reasonOf(err) === "LABEL_REFUSED");
  if (none) await endFulfillment(db, order.id);
  throw failures[0];
}
