/** The shipments of an order, as Shipping tells of them. */
import type { CallOptions } from "@connectrpc/connect";
import { type Shipment, Shipment_State as State } from "../../gen/rowlock/shipping/v1/shipping_pb.js";
import type { Fulfillment, Order, OrderShipment } from "./order.ts";
import type { OrderDeps } from "./service.ts";

/** The shipments that carry the order's goods to its customer, the oldest first: each unit is in one of them. */
export async function shipmentsOf(
  { shipping }: Pick<OrderDeps, "shipping">,
  orderId: string,
  call?: CallOptions,
): Promise<Shipment[]> {
  const { shipments } = await shipping.listShipments({ orderId, pageSize: 200 }, call);
  return shipments.filter(({ state, returnOf }) => state !== State.SPLIT && returnOf === "").reverse();
}

/** Whether a shipment is on its way as far as the shop can tell: it has its label, or the merchant has shipped it. */
export function isSent({ state }: Shipment): boolean {
  return state === State.LABELED || state === State.SHIPPED;
}

const states = {
  [State.UNSPECIFIED]: "OPEN",
  [State.RATED]: "OPEN",
  [State.BUYING]: "OPEN",
  [State.SPLIT]: "OPEN",
  [State.READY]: "READY",
  [State.LABELED]: "LABELED",
  [State.SHIPPED]: "SHIPPED",
} as const satisfies Record<State, OrderShipment["state"]>;

/** What an order keeps of a shipment. */
export function toOrderShipment(shipment: Shipment): OrderShipment {
  const { id, state, items, trackingNumber, trackingUrl, labelUrl } = shipment;
  return {
    id,
    state: states[state],
    items: items.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) })),
    // What was not sent has a carrier only by a rate that may yet change.
    ...{ carrier: isSent(shipment) ? shipment.carrier : "", trackingNumber, trackingUrl, labelUrl },
  };
}

/** What a customer is to know of a shipment. */
export function parcelOf({ id, carrier, trackingNumber, trackingUrl, labelUrl }: Shipment): Fulfillment {
  return { shipmentId: id, carrier, trackingNumber, trackingUrl, labelUrl };
}

/**
 * The rate that the label of a shipment is bought for: what staff have chosen for it; else what the buyer has chosen;
 * of a part of the order the same service, or the cheapest when the part cannot go by it.
 */
export function rateFor(order: Order, { id, rateId, rates }: Shipment): string {
  if (rateId !== "") return rateId;
  if (id === order.shipmentId) return order.shippingMethodId;
  const chosen = order.shippingMethods.find((method) => method.id === order.shippingMethodId);
  const same = rates.find(
    ({ carrier, service }) => carrier === chosen?.carrier && service === chosen.service,
  );
  return (same ?? rates[0])?.id ?? "";
}
