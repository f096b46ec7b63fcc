import type { HandlerContext } from "@connectrpc/connect";
import type { Order as LegacyOrder } from "../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import { type Order, Order_State } from "../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { toOrder } from "./order.ts";

/** An order as this API shows it, with its shipment and when it came into its states. */
export async function showOrder(
  deps: Pick<FacadeDeps, "orders" | "shipping">,
  ctx: HandlerContext,
  order: Order,
): Promise<LegacyOrder> {
  const [shipmentId, { events }] = await Promise.all([
    shipmentOf(deps, ctx, order),
    order.state === Order_State.PENDING_PAYMENT
      ? { events: [] }
      : deps.orders.listOrderEvents({ orderId: order.id }, outgoing(ctx)),
  ]);
  return toOrder(order, { shipmentId, events });
}

/** The id of an order's shipment: the one whose rates are the order's shipping methods. */
async function shipmentOf(
  { shipping }: Pick<FacadeDeps, "shipping">,
  ctx: HandlerContext,
  { id: orderId, shippingMethods, fulfillment }: Order,
): Promise<string> {
  if (fulfillment !== undefined) return fulfillment.shipmentId;
  const { shipments } = await shipping.listShipments({ orderId }, outgoing(ctx));
  const [method] = shippingMethods;
  return shipments.find(({ rates }) => rates.some(({ id }) => id === method?.id))?.id ?? "";
}
