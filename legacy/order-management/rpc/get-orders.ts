import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { OrderManagementService } from "../../../gen/rowlock/legacy/order_management/v1/order_management_pb.js";
import type { Order } from "../../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../../lib/rpc/index.ts";
import { isNotFound } from "../../cart.ts";
import type { FacadeDeps } from "../../facade.ts";
import { inNameOf } from "../../guest.ts";
import { collectOrders } from "../../order.ts";
import { buyerOf, customerIdOf } from "../buyer.ts";
import { toOrder } from "../convert.ts";
import { fail } from "../reasons.ts";

/** The order with this id; when there is none, the orders of the customer with this id. */
export function getOrders(deps: FacadeDeps): MethodImpl<typeof OrderManagementService.method.getOrders> {
  return async ({ id }, ctx) => {
    const order = await findOrder(deps, ctx, id);
    if (order !== undefined) return toOrder(order);
    const buyer = buyerOf(deps, ctx, id);
    const all = await collectOrders((page) => deps.orders.listOwnOrders(page, inNameOf(ctx, buyer)));
    if (all.length === 0) throw fail("ORDERS_NOT_FOUND", { id });
    return { orders: all.map(toOrder) };
  };
}

/** An order of this API, or one that it made of an account's cart, for that customer. */
async function findOrder(deps: FacadeDeps, ctx: HandlerContext, id: string): Promise<Order | undefined> {
  if (!id.startsWith("ord_")) return undefined;
  const order = await deps.orders.getOrder({ orderId: id }, outgoing(ctx)).catch((err: unknown) => {
    if (isNotFound(err)) return undefined;
    throw err;
  });
  if (order === undefined || order.channel === deps.channel) return order;
  const customerId = customerIdOf(order);
  if (!customerId.startsWith("cus_")) return undefined;
  buyerOf(deps, ctx, customerId);
  return order;
}
