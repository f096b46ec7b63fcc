import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { MicroServicesService } from "../../../gen/rowlock/legacy/micro_services/v1/micro_services_pb.js";
import type { Contact } from "../../../gen/rowlock/type/v1/address_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { isNotFound } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { toShipment } from "../parcel.ts";

/** As many as a page of the core's lists has at most. */
const pageSize = 200;

/**
 * Lists the newest shipments, with the contacts of their orders. Shipments are made with their orders, so the newest
 * of both are mostly the same; the few orders that are not among them are read one by one.
 */
export function listShipments(
  deps: FacadeDeps,
): MethodImpl<typeof MicroServicesService.method.listShipments> {
  const { shipping, orders } = deps;
  return async (_request, ctx) => {
    const [{ shipments }, newest] = await Promise.all([
      shipping.listShipments({ pageSize }, outgoing(ctx)),
      orders.listOrders({ pageSize }, outgoing(ctx)),
    ]);
    const contacts = new Map(newest.orders.map(({ id, contact }) => [id, contact]));
    for (const { orderId } of shipments) {
      if (!contacts.has(orderId)) contacts.set(orderId, await findContact(deps, ctx, orderId));
    }
    return { shipments: shipments.map((each) => toShipment(each, contacts.get(each.orderId))) };
  };
}

/** The contact of an order; of one that was never made, none. */
async function findContact(
  { orders }: FacadeDeps,
  ctx: HandlerContext,
  orderId: string,
): Promise<Contact | undefined> {
  try {
    return (await orders.getOrder({ orderId }, outgoing(ctx))).contact;
  } catch (err) {
    if (isNotFound(err)) return undefined;
    throw err;
  }
}
