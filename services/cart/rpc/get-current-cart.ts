import type { MethodImpl } from "@connectrpc/connect";
import type { CartService } from "../../../gen/rowlock/cart/v1/cart_pb.js";
import { callerOf, outgoing } from "../../../lib/rpc/index.ts";
import { findCurrent } from "../current.ts";
import { findOffers } from "../offers.ts";
import { priceCart } from "../price-cart.ts";
import { noCurrentCart } from "../reasons.ts";
import type { CartDeps } from "../service.ts";

/** The caller's open cart that changed last, priced and checked now. Staff and services have none of their own. */
export function getCurrentCart(deps: CartDeps): MethodImpl<typeof CartService.method.getCurrentCart> {
  return async (_req, ctx) => {
    const { kind, id } = callerOf(ctx);
    const buys = kind === "customer" || kind === "guest";
    const cart = buys ? await findCurrent(deps, ctx.signal, id) : undefined;
    if (cart === undefined) {
      throw noCurrentCart();
    }
    const offers = await findOffers(deps, cart, outgoing(ctx));
    return priceCart(deps, { cart, offers }, outgoing(ctx));
  };
}
