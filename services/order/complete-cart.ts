import { isGuest, type Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";
import { changeOwner } from "./store-order.ts";

/**
 * Tells Cart that a cart has become an order, and takes the order's owner from
 * it: a guest may have signed in while the order was being made, and then
 * AdoptOrders has not seen it. Returns whose it is. When this fails, or the
 * process dies before, whatever comes next to the order does it again: another
 * PlaceOrder of the cart, which is refused by the order's own key until then,
 * or the order's fulfilment.
 */
export async function completeCart(
  { carts, db, log }: Pick<OrderDeps, "carts" | "db" | "log">,
  { id: orderId, cartId, owner }: Pick<Order, "id" | "cartId" | "owner">,
): Promise<string> {
  try {
    const cart = await carts.completeCart({ cartId, orderId });
    if (cart.owner === owner || cart.owner === "" || !isGuest(owner)) return owner;
    await changeOwner(db, { from: owner, to: cart.owner });
    return cart.owner;
  } catch (err) {
    log.warn({ err, order_id: orderId }, "cart not marked as ordered yet");
    return owner;
  }
}
