import type { HandlerContext } from "@connectrpc/connect";
import { type Order, Order_State } from "../gen/rowlock/order/v1/order_pb.js";
import type { Address, Contact } from "../gen/rowlock/type/v1/address_pb.js";
import { outgoing } from "../lib/rpc/index.ts";
import type { FacadeDeps } from "./facade.ts";

/** How a cart is ordered. */
export interface Delivery {
  readonly contact?: Contact | undefined;
  /** Where the goods go; without it the buyer fetches them. */
  readonly shippingAddress?: Address | undefined;
  /** Idempotency key; empty: a repetition is known by the cart. */
  readonly requestId: string;
}

/**
 * Orders a cart: locks its goods, and chooses the cheapest of the shipping methods, as the older APIs have no choice.
 * Answers with the order as it is now, also when it was made before.
 * Errors: those of Order.PlaceOrder and Order.SetShippingMethod.
 */
export async function orderCart(
  { orders }: Pick<FacadeDeps, "orders">,
  ctx: HandlerContext,
  { cartId, contact, shippingAddress, requestId }: Delivery & { cartId: string },
): Promise<Order> {
  const placed = await orders.placeOrder(
    {
      cartId,
      ...(contact && { contact }),
      ...(shippingAddress ? { shippingAddress } : { pickUp: true }),
      requestId: requestId || `legacy:${cartId}`,
    },
    outgoing(ctx),
  );
  // A repeated call is answered with the order as it was made.
  const order = await orders.getOrder({ orderId: placed.id }, outgoing(ctx));
  const [cheapest] = order.shippingMethods;
  const chosen = order.shippingMethodId !== "" || order.state !== Order_State.PENDING_PAYMENT;
  if (chosen || cheapest === undefined) return order;
  return orders.setShippingMethod(
    { orderId: order.id, shippingMethodId: cheapest.id, requestId: `legacy:${order.id}` },
    outgoing(ctx),
  );
}
