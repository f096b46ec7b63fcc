import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import type { Order } from "../../gen/rowlock/order/v1/order_pb.js";
import { outgoing } from "../../lib/rpc/index.ts";
import { isNotFound } from "../cart.ts";
import type { FacadeDeps } from "../facade.ts";
import { requireOrder } from "../order.ts";
import { failLegacy } from "../reasons.ts";

/** What an order's id names: the cart that it is until it is checked out, then the order. */
export type Found = { cart: Cart; order?: never } | { cart?: never; order: Order };

/**
 * Finds what was made through this API, by the id it was given first (the cart's) or by the order's own.
 * Errors: ORDER_NOT_FOUND.
 */
export async function findOrder(deps: FacadeDeps, ctx: HandlerContext, id: string): Promise<Found> {
  if (!id.startsWith("cart_")) return { order: await requireOrder(deps, ctx, id) };
  const cart = await deps.carts.getCart({ cartId: id }, outgoing(ctx)).catch((err: unknown) => {
    if (isNotFound(err)) return undefined;
    throw err;
  });
  if (cart?.channel !== deps.channel) throw failLegacy("ORDER_NOT_FOUND", { order_id: id });
  return cart.orderId === "" ? { cart } : { order: await requireOrder(deps, ctx, cart.orderId) };
}
