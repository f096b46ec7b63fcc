import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { outgoing, requireOwner } from "../../../lib/rpc/index.ts";
import { readCart } from "../change.ts";
import { findOffers } from "../offers.ts";
import { priceCart } from "../price-cart.ts";
import type { CartDeps } from "../service.ts";

/** The cart, priced and checked now. */
export function getCart(deps: CartDeps): MethodImpl<typeof CartService.method.getCart> {
  return async ({ cartId }, ctx) => {
    const { cart } = await readCart(deps, ctx, cartId);
    requireOwner(ctx, cart.owner);
    const offers = await findOffers(deps, cart, outgoing(ctx));
    return priceCart(deps, { cart, offers }, outgoing(ctx));
  };
}
