import type { Order } from "./order.ts";
import type { OrderDeps } from "./service.ts";

/**
 * Tells Cart that a cart has become an order. When that fails, or the process
 * dies before, whatever comes next to the order tells it again: another
 * PlaceOrder of the cart, which is refused by the order's own key until then,
 * or the order's fulfilment.
 */
export async function completeCart(
  { carts, log }: Pick<OrderDeps, "carts" | "log">,
  { id: orderId, cartId }: Pick<Order, "id" | "cartId">,
): Promise<void> {
  try {
    await carts.completeCart({ cartId, orderId });
  } catch (err) {
    log.warn({ err, order_id: orderId }, "cart not marked as ordered yet");
  }
}
