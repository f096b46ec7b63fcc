import type { HandlerContext } from "@connectrpc/connect";
import type { Cart } from "../../gen/rowlock/cart/v1/cart_pb.js";
import { outgoing, requireOwner } from "../../lib/rpc/index.ts";
import type { FacadeDeps } from "../facade.ts";
import { guestOf } from "../guest.ts";
import type { Buyer } from "../open-cart.ts";

/** Under which name carts and orders keep the customer's id. */
const customerKey = "customer_id";

/**
 * The buyer that a customer id names.
 * Errors: those of requireOwner, when it is an account's and somebody else calls.
 */
export function buyerOf(deps: FacadeDeps, ctx: HandlerContext, customerId: string): Buyer {
  if (!customerId.startsWith("cus_")) return guestOf(deps, customerId);
  requireOwner(ctx, customerId);
  return { kind: "customer", id: customerId };
}

/** The customer's id that a cart or an order keeps; empty for one of another API. */
export function customerIdOf({ metadata }: { metadata: Record<string, string> }): string {
  return metadata[customerKey] ?? "";
}

/** Has the cart, and so its order, keep the customer's id. */
export async function keepCustomer(
  { carts }: FacadeDeps,
  ctx: HandlerContext,
  { cart, customerId }: { cart: Cart; customerId: string },
): Promise<void> {
  if (customerIdOf(cart) === customerId) return;
  const metadata = { ...cart.metadata, [customerKey]: customerId };
  await carts.setCartMetadata({ cartId: cart.id, metadata }, outgoing(ctx));
}
