import { Code, ConnectError } from "@connectrpc/connect";
import { defineQueue } from "../../lib/jobs/index.ts";
import type { ShippingDeps } from "./service.ts";

/** What Order is told of. */
export interface MovedParcel {
  orderId: string;
  shipmentId: string;
}

/** Tells Order that a parcel moved, or that its label is another, until Order has answered. */
export const parcelMoved = defineQueue<MovedParcel>("shipping.moved", {
  retryLimit: 100,
  retryBackoff: true,
  retryDelay: 2,
  retryDelayMax: 300,
});

/** Has Order look at the shipment. May be repeated. A shipment without an order has nobody to tell. */
export async function tellOrder({ orders }: Pick<ShippingDeps, "orders">, moved: MovedParcel): Promise<void> {
  try {
    await orders.settleShipment({ ...moved });
  } catch (err) {
    if (ConnectError.from(err).code !== Code.NotFound) throw err;
  }
}
